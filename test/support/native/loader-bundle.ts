import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../../..')

/**
 * Builds the loader of the addon into a package of its own, as the bundles of this package have it.
 * @returns the folder of the bundles: `addon.cjs` and `addon.mjs`.
 */
export function loaderBundle(directory: string): string {
  cpSync(join(root, 'native/prebuilt'), join(directory, 'native/prebuilt'), { recursive: true })
  const out = join(directory, 'dist')
  const flags = ['--no-config', '--no-dts', '--format', 'cjs', '--format', 'esm', '--out-dir', out]
  const target = ['--platform', 'node', '--target', 'node20', '--fixedExtension']
  const args = ['src/mapped-memory/addon.ts', ...flags, ...target, '--logLevel', 'error']
  const build = join(root, 'node_modules/tsdown/dist/run.mjs')
  const end = spawnSync(process.execPath, [build, ...args], { cwd: root, encoding: 'utf8' })
  assert.equal(end.status, 0, end.stdout + end.stderr)
  return out
}
