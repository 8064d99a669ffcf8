import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { GunicornLog, logLevels } from '../../src/log/gunicorn-log.ts'
import { coded } from '../../src/model/errors/coded-text.ts'

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
  new GunicornLog(file, 'info').write('warning', coded('GPE_REDIS', 'something'))
  assert.match(
    readFileSync(file, 'utf8'),
    new RegExp(`^\\[${time}\\] \\[${process.pid}\\] \\[WARNING\\] something \\(GPE_REDIS\\)\\n$`),
  )
})

test('GunicornLog writes one JSON object per line in the JSON format', () => {
  const file = newFile()
  const log = new GunicornLog(file, 'info', { format: 'json', component: 'sidecar' })
  log.write('warning', coded('GPE_REDIS', 'two\nlines'), {
    workerId: 'worker_1',
    pid: 1,
    component: 'redis',
  })
  log.write('info', 'plain')
  const [first = '', second = '', end] = readFileSync(file, 'utf8').split('\n')
  const { ts, ...facts } = JSON.parse(first)
  assert.equal(new Date(ts).toISOString(), ts)
  assert.deepEqual(facts, {
    level: 'warning',
    code: 'GPE_REDIS',
    message: 'two (GPE_REDIS)\nlines',
    pid: process.pid,
    component: 'redis',
    workerId: 'worker_1',
  })
  assert.equal(JSON.parse(second).component, 'sidecar')
  assert.equal(end, '')
})

test('GunicornLog gives a JSON line the code of the line, not of a quoted text', () => {
  const file = newFile()
  const log = new GunicornLog(file, 'info', { format: 'json' })
  const fault = coded('GPE_SETTING_VALUE', '--workers is "0"')
  log.write('error', coded('GPE_RELOAD_REFUSED', `Cannot reload: ${fault}`))
  log.write('error', fault, { code: 'GPE_CONFIG_REFUSED' })
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).code),
    ['GPE_RELOAD_REFUSED', 'GPE_CONFIG_REFUSED'],
  )
})

for (const [index, level] of logLevels.entries()) {
  test(`GunicornLog writes nothing below the level ${level}`, () => {
    const file = newFile()
    const log = new GunicornLog(file, level)
    for (const each of logLevels) log.write(each, coded('GPE_REDIS', each))
    const written = readFileSync(file, 'utf8').trim().split('\n')
    assert.deepEqual(
      written.map((line) => line.split(' ').at(-2)),
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
  assert.match(text, /\[ERROR\] Cannot reopen the log file: ENOENT.* \(GPE_LOG_FILE\)$/m)
  assert.match(text, /still here\n$/)
})

test('GunicornLog throws if the file cannot be opened', () => {
  assert.throws(() => new GunicornLog(join(directory, 'no', 'such'), 'info'), /ENOENT/)
})

test('GunicornLog writes to stderr while its file is full, and then to the file again', {
  skip: !existsSync('/dev/full') && 'the system has no /dev/full',
}, () => {
  const [file, link] = [newFile(), newFile()]
  symlinkSync('/dev/full', link)
  const program = `
      import { symlinkSync, unlinkSync } from 'node:fs'
      import { GunicornLog } from '${import.meta.resolve('../../src/log/gunicorn-log.ts')}'
      const log = new GunicornLog('${link}', 'warning')
      log.write('error', 'first (GPE_REDIS)')
      log.write('warning', 'second (GPE_REDIS)')
      unlinkSync('${link}')
      symlinkSync('${file}', '${link}')
      log.reopen()
      log.write('warning', 'third (GPE_REDIS)')
    `
  const args = ['--input-type=module', '--eval', program]
  const { stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  const texts = (lines: string): string[] =>
    lines
      .trim()
      .split('\n')
      .map((line) => line.replace(/^(?:\[[^\]]*\] ){3}/, ''))
  assert.deepEqual(texts(stderr), [
    'The log file cannot be written, its lines go to stderr: ' +
      'ENOSPC: no space left on device, write (GPE_LOG_FILE)',
    'first (GPE_REDIS)',
    'second (GPE_REDIS)',
    'The log file is written again',
  ])
  assert.deepEqual(texts(readFileSync(file, 'utf8')), ['third (GPE_REDIS)'])
})
