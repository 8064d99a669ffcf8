import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { PidFile } from '../../src/master/pid-file.ts'

const directory = mkdtempSync(join(tmpdir(), 'pid-file-'))
const path = join(directory, 'master.pid')

after(() => rmSync(directory, { recursive: true, force: true }))

/** The pid of a process that has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '0']).pid
}

describe('PidFile', () => {
  test('has the pid, until the master removes the file', () => {
    const file = new PidFile(path)
    assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`)
    file.remove()
    assert.equal(existsSync(path), false)
  })

  test('ignores that the operator has removed the file', () => {
    const file = new PidFile(path)
    unlinkSync(path)
    file.remove()
    assert.equal(existsSync(path), false)
  })

  test('refuses to replace the file of a live process', () => {
    writeFileSync(path, `${process.ppid}\n`)
    assert.throws(
      () => new PidFile(path),
      new RegExp(`names process ${process.ppid}, which is alive`),
    )
    assert.equal(readFileSync(path, 'utf8'), `${process.ppid}\n`)
  })

  for (const [title, code, isRefused] of [
    ['refuses to replace the file of a process of another user', 'EPERM', true],
    ['replaces the file of a process that does not exist', 'ESRCH', false],
  ] as const) {
    test(title, (context) => {
      const kill = context.mock.method(process, 'kill', () => {
        throw Object.assign(new Error(`kill ${code}`), { code })
      })
      const pid = process.ppid
      writeFileSync(path, `${pid}\n`)
      if (isRefused) assert.throws(() => new PidFile(path), /names process \d+, which is alive/)
      else new PidFile(path).remove()
      assert.deepEqual(kill.mock.calls[0]?.arguments, [pid, 0])
      assert.equal(existsSync(path), isRefused)
    })
  }

  for (const [title, text] of [
    ['a dead process', `${deadPid()}\n`],
    ['no number', 'text\n'],
    ['nothing', ''],
    ['a process group', '-1\n'],
    ['this process, after a restart in a container', `${process.pid}\n`],
  ] as const) {
    test(`replaces a file that names ${title}`, () => {
      writeFileSync(path, text)
      const file = new PidFile(path)
      assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`)
      file.remove()
      assert.equal(existsSync(path), false)
    })
  }

  test('does not remove a file that another process has replaced', () => {
    const file = new PidFile(path)
    writeFileSync(path, `${process.ppid}\n`)
    file.remove()
    assert.equal(readFileSync(path, 'utf8'), `${process.ppid}\n`)
  })

  test('throws when the file cannot be written', () => {
    const missing = join(directory, 'no', 'such')
    const message = `The pid file ${missing} cannot be written: ENOENT`
    assert.throws(() => new PidFile(missing), { message })
    const ofDirectory = `The pid file ${directory} cannot be written: EISDIR`
    assert.throws(() => new PidFile(directory), { message: ofDirectory })
  })

  test('makes room for a successor, and comes back', () => {
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
})
