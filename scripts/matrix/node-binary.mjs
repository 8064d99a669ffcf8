import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { npm, run } from './run.mjs'

const cache = fileURLToPath(new URL('../../node_modules/.cache/matrix/', import.meta.url))

/**
 * Installs a Node by npm's `node` package, the newest that the version allows; kept for next time.
 */
export async function installNode(version) {
  const cwd = `${cache}node-${version}`
  await mkdir(cwd, { recursive: true })
  // The package fetches the binary in an install script.
  const manifest = { private: true, allowScripts: { node: true } }
  await writeFile(`${cwd}/package.json`, JSON.stringify(manifest))
  await npm(['install', '--no-save', '--no-audit', '--no-fund', `node@${version}`], { cwd })
  const file = `${cwd}/node_modules/node/bin/node`
  return { file, version: (await run(file, ['--version'])).trim() }
}
