import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import manifest from '../../../package.json' with { type: 'json' }
import { copyExample } from '../../../scripts/examples/example-copy.ts'
import { environment } from '../../../src/config/environment.ts'
import { nodeUnderTest } from '../programs/app.ts'

const run = promisify(execFile)
const { XDG_CACHE_HOME: caches = join(homedir(), '.cache') } = environment()
const cache = join(caches, 'gunicorn-prometheus-exporter/examples')

export interface ExamplePlace {
  readonly name: string
  readonly directory: string
  /** The packed package. */
  readonly tarball: string
}

/**
 * Copies an example, with the packages that an earlier run of the test installed. The command of
 * the README then installs this package only, and what is missing.
 */
export async function placeExample(place: ExamplePlace): Promise<void> {
  await copyExample(place)
  const stored = await storeOf(place.directory)
  if (existsSync(stored)) await copyTree(stored, join(place.directory, 'node_modules'))
}

/** Keeps the packages of an example for later runs. The directory appears complete or not. */
export async function keepPackages(directory: string): Promise<void> {
  const stored = await storeOf(directory)
  if (existsSync(stored)) return
  await mkdir(cache, { recursive: true })
  const draft = await mkdtemp(join(cache, 'draft-'))
  const modules = join(draft, 'node_modules')
  try {
    await copyTree(join(directory, 'node_modules'), modules)
    // npm looks at the packages themselves without its list, which names the tarball.
    for (const name of [manifest.name, '.package-lock.json']) {
      await rm(join(modules, name), { recursive: true })
    }
    await rename(modules, stored)
  } catch (error) {
    // Another test can be faster: then the directory exists, and the rename fails.
    if (!existsSync(stored)) throw error
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/** Other packages, another Node or another platform need other files. */
async function storeOf(directory: string): Promise<string> {
  const { dependencies, devDependencies } = JSON.parse(
    await readFile(join(directory, 'package.json'), 'utf8'),
  ) as Record<string, Record<string, string> | undefined>
  const { stdout } = await run(nodeUnderTest, ['--version'])
  const own = [manifest.dependencies, manifest.peerDependencies]
  const others = { ...dependencies, [manifest.name]: '' }
  const key = [process.platform, process.arch, stdout, own, others, devDependencies]
  const digest = createHash('sha256').update(JSON.stringify(key)).digest('hex')
  return join(cache, digest.slice(0, 16))
}

/** Links files where both directories are on one disk. npm replaces files, and writes into none. */
async function copyTree(from: string, to: string): Promise<void> {
  const link = 'cp -al "$0" "$1" 2>/dev/null || { rm -rf "$1"; cp -a "$0" "$1"; }'
  await run('sh', ['-c', link, from, to])
}
