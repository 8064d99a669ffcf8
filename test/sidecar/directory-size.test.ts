import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
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

test('a directory that may not be read takes nothing of the rest along', async (context) => {
  const directory = await temporaryDirectory(context)
  await chmod(directory, 0o755)
  await mkdir(join(directory, 'closed'), { mode: 0o000 })
  await writeFile(join(directory, 'open'), 'x'.repeat(1_000))
  // In a process of its own: root has to give up the right to read everything.
  const file = join(import.meta.dirname, '../../src/sidecar/directory-size.ts')
  const code = `
    import { DirectorySize } from ${JSON.stringify(file)}
    if (process.getuid?.() === 0) process.setuid(12_345)
    const size = new DirectorySize({ path: ${JSON.stringify(directory)}, intervalMs: 1 })
    const first = size.last
    setInterval(() => {
      if (size.last === first) return
      process.stdout.write(JSON.stringify(size.last))
      process.exit()
    }, 1)`
  const args = ['--input-type=module', '--eval', code]
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    timeout: 30_000,
  })
  assert.deepEqual([stdout, stderr], ['{"bytes":1000,"files":1}', ''])
})
