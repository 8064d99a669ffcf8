import assert from 'node:assert/strict'
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { DirectorySize } from '../../src/sidecar/directory-size.ts'
import { eventually } from '../support/programs/app.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

test('a directory is measured with what is below it, again and again', async (context) => {
  const directory = await temporaryDirectory(context)
  const place = join(directory, 'place')
  const size = new DirectorySize({ path: place, intervalMs: 20 })
  context.after(() => size.stop())
  assert.deepEqual(size.last, { bytes: 0, files: 0 })
  await mkdir(join(place, 'a/b'), { recursive: true })
  await writeFile(join(place, 'one'), 'x'.repeat(1_000))
  await writeFile(join(place, 'a/b/two'), 'x'.repeat(234))
  // What a link leads to lies elsewhere.
  await writeFile(join(directory, 'outside'), 'x'.repeat(5_000))
  await symlink(join(directory, 'outside'), join(place, 'link'))
  await symlink(directory, join(place, 'circle'))
  await eventually(() => assert.deepEqual(size.last, { bytes: 1_234, files: 2 }))
  await rm(join(place, 'one'))
  await eventually(() => assert.deepEqual(size.last, { bytes: 234, files: 1 }))
  await rm(place, { recursive: true })
  await eventually(() => assert.deepEqual(size.last, { bytes: 0, files: 0 }))
})
