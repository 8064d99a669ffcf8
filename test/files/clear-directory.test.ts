import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { clearClosedDirectory, clearOpenDirectory } from '../../src/files/clear-directory.ts'
import { needsProc, openDescriptors } from '../support/files/descriptors.ts'
import { withoutProc } from '../support/files/foreign-systems.ts'
import { asOtherUser, needsRoot, publicDirectory } from '../support/files/other-user.ts'
import { latestFirst } from '../support/programs/belongings.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

/** Makes and removes files until the test ends, as ending workers and the exporter thread do. */
const churn = `
  const { rmSync, writeFileSync } = require('node:fs')
  const { parentPort, workerData } = require('node:worker_threads')
  const pause = new Int32Array(new SharedArrayBuffer(4))
  parentPort.postMessage('on')
  for (let count = 0; ; count += 1) {
    const file = workerData + '/' + (count % 100) + '.report.json'
    try { writeFileSync(file, '') } catch {}
    if (count % 2) rmSync(file, { force: true })
    // Real processes end in groups.
    if (count % 40 === 0) Atomics.wait(pause, 0, 0, 1)
  }
`

for (const clear of [clearOpenDirectory, clearClosedDirectory]) {
  describe(clear.name, () => {
    test('removes a directory with its files', async (context) => {
      const path = join(await temporaryDirectory(context), 'one')
      fill(path)
      clear(path)
      assert.equal(existsSync(path), false)
    })

    test('accepts a missing directory', async (context) => {
      const path = join(await temporaryDirectory(context), 'missing')
      clear(path)
      assert.equal(existsSync(path), false)
    })

    test('keeps the target of a link in the place of the directory', async (context) => {
      const parent = await temporaryDirectory(context)
      fill(join(parent, 'other'))
      symlinkSync('other', join(parent, 'link'))
      try {
        clear(join(parent, 'link'))
      } catch (error) {
        assert.match(String(error), /ENOTDIR|ELOOP/)
      }
      assert.equal(readdirSync(join(parent, 'other')).length, 3)
    })

    test('removes a directory while files in it come and go', async (given) => {
      const context = latestFirst(given)
      const path = join(await temporaryDirectory(context), 'one')
      const thread = new Worker(churn, { eval: true, workerData: path })
      context.after(() => thread.terminate())
      await new Promise((resolve) => thread.once('message', resolve))
      for (let count = 0; count < 15; count += 1) {
        fill(path, 100)
        clear(path)
        assert.equal(existsSync(path), false)
      }
    })

    test('throws where this user cannot remove the directory', { skip: needsRoot }, (context) => {
      const parent = publicDirectory(context)
      chmodSync(parent, 0o755)
      mkdirSync(join(parent, 'one'))
      chmodSync(join(parent, 'one'), 0o777)
      assert.throws(() => asOtherUser(() => clear(join(parent, 'one'))), /EACCES/)
    })
  })
}

describe('clearOpenDirectory', () => {
  test('works by the path of the directory without /proc', async (context) => {
    const path = join(await temporaryDirectory(context), 'one')
    fill(path)
    withoutProc(() => clearOpenDirectory(path))
    assert.equal(existsSync(path), false)
  })

  test('reaches files by the descriptor, not by the path', { skip: needsProc }, async (context) => {
    const before = process.cwd()
    context.after(() => process.chdir(before))
    // The path of a file here is longer than the 4,095 bytes that Linux allows.
    let path = await temporaryDirectory(context)
    process.chdir(path)
    while (path.length < 4_085) {
      const name = 'd'.repeat(Math.min(200, 4_089 - path.length))
      mkdirSync(name)
      process.chdir(name)
      path = join(path, name)
    }
    writeFileSync('1.report.json', '')
    clearOpenDirectory(path)
    assert.equal(existsSync(path), false)
  })

  test('closes the directory, also after a failure', { skip: needsProc }, async (context) => {
    const path = join(await temporaryDirectory(context), 'one')
    const before = openDescriptors()
    fill(path)
    mkdirSync(join(path, 'directory'))
    assert.throws(() => clearOpenDirectory(path), /directory/)
    assert.equal(openDescriptors(), before)
  })
})

test('clearClosedDirectory removes directories below', async (context) => {
  const path = join(await temporaryDirectory(context), 'one')
  fill(join(path, 'below'))
  clearClosedDirectory(path)
  assert.equal(existsSync(path), false)
})

function fill(path: string, count = 3): void {
  mkdirSync(path, { recursive: true })
  for (let file = 0; file < count; file += 1) writeFileSync(join(path, `${file}.counts`), '')
}
