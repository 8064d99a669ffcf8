import assert from 'node:assert/strict'
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { sidecarLimits } from '../../src/limits/sidecar.ts'
import { DirectorySize } from '../../src/sidecar/directory-size.ts'
import { eventually } from '../support/programs/app.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

test('DirectorySize measures a directory with sub-directories at intervals', async (context) => {
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

test('DirectorySize counts at most sidecarLimits.measuredFiles entries', async (context) => {
  assert.equal(sidecarLimits.measuredFiles, 100_000)
  const path = await temporaryDirectory(context)
  for (const name of ['a', 'b', 'c']) await writeFile(join(path, name), 'x')
  const size = new DirectorySize({ path, intervalMs: 60_000, maxEntries: 2 })
  context.after(() => size.stop())
  await eventually(() => assert.deepEqual(size.last, { bytes: 2, files: 2 }))
})
