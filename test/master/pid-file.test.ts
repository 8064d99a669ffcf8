import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { PidFile } from '../../src/master/pid-file.ts'

const directory = mkdtempSync(join(tmpdir(), 'pid-file-'))
const path = join(directory, 'master.pid')

after(() => rmSync(directory, { recursive: true, force: true }))

/** The pid of a process that has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '0']).pid
}

test('it tells the pid and goes with its process', () => {
  const file = new PidFile(path)
  assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`)
  file.remove()
  assert.equal(existsSync(path), false)
})

test('one that somebody removed is no fault', () => {
  const file = new PidFile(path)
  unlinkSync(path)
  file.remove()
  assert.equal(existsSync(path), false)
})

test('one that names a living process is left alone', () => {
  writeFileSync(path, `${process.ppid}\n`)
  assert.throws(
    () => new PidFile(path),
    new RegExp(`names process ${process.ppid}, which is alive`),
  )
  assert.equal(readFileSync(path, 'utf8'), `${process.ppid}\n`)
})

for (const [what, text] of [
  ['a dead process', `${deadPid()}\n`],
  ['nobody', 'nobody\n'],
  ['nothing', ''],
  ['a group', '-1\n'],
  ['this process, after a restart in a container', `${process.pid}\n`],
] as const) {
  test(`one that names ${what} is written over`, () => {
    writeFileSync(path, text)
    const file = new PidFile(path)
    assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`)
    file.remove()
    assert.equal(existsSync(path), false)
  })
}

test('one that another process has taken over is not removed', () => {
  const file = new PidFile(path)
  writeFileSync(path, `${process.ppid}\n`)
  file.remove()
  assert.equal(readFileSync(path, 'utf8'), `${process.ppid}\n`)
})

test('one that cannot be written is refused', () => {
  assert.throws(() => new PidFile(join(directory, 'no', 'such')), /ENOENT/)
})

test('PidFile makes room for a successor, and comes back', () => {
  const own = join(directory, 'upgraded.pid')
  const file = new PidFile(own)
  file.stepAside()
  assert.equal(existsSync(own), false)
  assert.equal(readFileSync(`${own}.oldbin`, 'utf8'), `${process.pid}\n`)
  file.stepBack()
  assert.equal(existsSync(`${own}.oldbin`), false)
  assert.equal(readFileSync(own, 'utf8'), `${process.pid}\n`)
  file.stepAside()
  file.remove()
  assert.deepEqual([existsSync(own), existsSync(`${own}.oldbin`)], [false, false])
  file.stepBack()
  assert.equal(existsSync(own), false)
})
