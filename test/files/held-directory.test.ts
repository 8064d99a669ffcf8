import assert from 'node:assert/strict'
import { mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { holdDirectory } from '../../src/files/held-directory.ts'
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

  test('is refused where the path is a link, a file or missing', async (context) => {
    const parent = await temporaryDirectory(context)
    await symlink(parent, join(parent, 'link'))
    await writeFile(join(parent, 'file'), 'text')
    await assert.rejects(holdDirectory(join(parent, 'link')), /ENOTDIR|ELOOP/)
    await assert.rejects(holdDirectory(join(parent, 'file')), /ENOTDIR/)
    await assert.rejects(holdDirectory(join(parent, 'nothing')), /ENOENT/)
  })
})
