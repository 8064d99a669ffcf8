// Bug: one directory that could not be read made the size of the whole shared directory zero.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

test('The size of a directory leaves out an unreadable directory below', async (context) => {
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
