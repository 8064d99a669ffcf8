import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { GunicornLog, logLevels } from '../../src/log/gunicorn-log.ts'

const directory = mkdtempSync(join(tmpdir(), 'log-'))
const time = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000`
let files = 0

after(() => rmSync(directory, { recursive: true, force: true }))

function newFile(): string {
  files += 1
  return join(directory, `${files}.log`)
}

test('GunicornLog writes a line for each event in the format of gunicorn', () => {
  const file = newFile()
  new GunicornLog(file, 'info').write('warning', 'something')
  assert.match(
    readFileSync(file, 'utf8'),
    new RegExp(`^\\[${time}\\] \\[${process.pid}\\] \\[WARNING\\] something\\n$`),
  )
})

test('GunicornLog writes one JSON object per line in the JSON format', () => {
  const file = newFile()
  const log = new GunicornLog(file, 'info', { format: 'json', component: 'sidecar' })
  log.write('warning', 'two\nlines', { workerId: 'worker_1', pid: 1, component: 'redis' })
  log.write('info', 'plain')
  const [first = '', second = '', end] = readFileSync(file, 'utf8').split('\n')
  const { ts, ...facts } = JSON.parse(first)
  assert.equal(new Date(ts).toISOString(), ts)
  assert.deepEqual(facts, {
    level: 'warning',
    message: 'two\nlines',
    pid: process.pid,
    component: 'redis',
    workerId: 'worker_1',
  })
  assert.equal(JSON.parse(second).component, 'sidecar')
  assert.equal(end, '')
})

for (const [index, level] of logLevels.entries()) {
  test(`GunicornLog writes nothing below the level ${level}`, () => {
    const file = newFile()
    const log = new GunicornLog(file, level)
    for (const each of logLevels) log.write(each, each)
    const written = readFileSync(file, 'utf8').trim().split('\n')
    assert.deepEqual(
      written.map((line) => line.split(' ').at(-1)),
      logLevels.slice(index),
    )
  })
}

test('GunicornLog appends to an existing file, and reopen() creates a renamed file again', () => {
  const file = newFile()
  new GunicornLog(file, 'info').write('info', 'one')
  const log = new GunicornLog(file, 'info')
  log.write('info', 'two')
  renameSync(file, `${file}.1`)
  log.write('info', 'three')
  log.reopen()
  log.write('info', 'four')
  assert.deepEqual(readFileSync(`${file}.1`, 'utf8').match(/\w+$/gm), ['one', 'two', 'three'])
  assert.deepEqual(readFileSync(file, 'utf8').match(/\w+$/gm), ['four'])
})

test('GunicornLog keeps the old file, with an error in it, if reopen() fails', () => {
  const deep = mkdtempSync(join(directory, 'deep-'))
  const file = join(deep, 'master.log')
  const log = new GunicornLog(file, 'info')
  renameSync(deep, `${deep}-moved`)
  log.reopen()
  log.write('info', 'still here')
  const text = readFileSync(join(`${deep}-moved`, 'master.log'), 'utf8')
  assert.match(text, /\[ERROR\] Cannot reopen the log file: ENOENT/)
  assert.match(text, /still here\n$/)
})

test('GunicornLog throws if the file cannot be opened', () => {
  assert.throws(() => new GunicornLog(join(directory, 'no', 'such'), 'info'), /ENOENT/)
})
