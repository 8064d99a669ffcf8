import assert from 'node:assert/strict'
import { mkdir, open, readdir, rename, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { holdDirectory } from '../../src/files/held-directory.ts'
import { needsProc, openDescriptors } from '../support/files/descriptors.ts'
import { withoutProc } from '../support/files/foreign-systems.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

describe('A held directory', () => {
  test('stays the same when another directory takes its name', async (context) => {
    if (process.platform !== 'linux') return context.skip('held by its path')
    const parent = await temporaryDirectory(context)
    const path = join(parent, 'one')
    await mkdir(path)
    await writeFile(join(path, 'own'), 'text')
    await mkdir(join(parent, 'other'))
    await writeFile(join(parent, 'other/precious'), 'text')
    const held = await holdDirectory(path)
    await rename(path, join(parent, 'away'))
    await symlink(join(parent, 'other'), path)
    assert.deepEqual(await readdir(held.path), ['own'])
    await held.close()
    assert.deepEqual(await readdir(path), ['precious'])
  })

  test('has the status of the directory', async (context) => {
    const path = await temporaryDirectory(context)
    const { ino } = await stat(path)
    for (const held of [await holdDirectory(path), await withoutProc(() => holdDirectory(path))]) {
      assert.equal(held.status.ino, ino)
      await held.close()
    }
  })

  test('has its own path without /proc', async (context) => {
    const path = await temporaryDirectory(context)
    const held = await withoutProc(() => holdDirectory(path))
    assert.equal(held.path, path)
    await held.close()
  })

  test('is closed again after an error of the disk', { skip: needsProc }, async (context) => {
    const path = await temporaryDirectory(context)
    const handle = await open(path)
    const methods = Object.getPrototypeOf(handle)
    await handle.close()
    const before = openDescriptors()
    context.mock.method(methods, 'stat', () => Promise.reject(new Error('EIO')))
    await assert.rejects(holdDirectory(path), /EIO/)
    assert.equal(openDescriptors(), before)
  })

  test('takes one descriptor until close', { skip: needsProc }, async (context) => {
    const path = await temporaryDirectory(context)
    const before = openDescriptors()
    const held = await holdDirectory(path)
    assert.equal(openDescriptors(), before + 1)
    await held.close()
    assert.equal(openDescriptors(), before)
  })

  const systems = { '': holdDirectory, ' without /proc': holdWithoutProc }
  for (const [system, hold] of Object.entries(systems)) {
    test(`is refused where the path is a link, a file or missing${system}`, async (context) => {
      const parent = await temporaryDirectory(context)
      await symlink(parent, join(parent, 'link'))
      await writeFile(join(parent, 'file'), 'text')
      await assert.rejects(hold(join(parent, 'link')), /ENOTDIR|ELOOP/)
      await assert.rejects(hold(join(parent, 'file')), { code: 'ENOTDIR' })
      await assert.rejects(hold(join(parent, 'nothing')), { code: 'ENOENT' })
    })
  }
})

function holdWithoutProc(path: string): ReturnType<typeof holdDirectory> {
  return withoutProc(() => holdDirectory(path))
}
