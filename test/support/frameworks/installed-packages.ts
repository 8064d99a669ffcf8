import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { environment } from '../../../src/config/environment.ts'
import { messageOf } from '../../../src/support/error-message.ts'

/** Exact versions by package. */
export type Packages = Readonly<Record<string, string>>

export type Installed = { readonly directory: string } | { readonly missing: string }

const run = promisify(execFile)
const { XDG_CACHE_HOME: caches = join(homedir(), '.cache') } = environment()
const cache = join(caches, 'gunicorn-prometheus-exporter/frameworks')

/**
 * Installs packages once for all runs of the tests, outside the repository. The directory appears
 * complete or not at all, so that two test files can install the same packages at once.
 *
 * @param overrides versions of packages below the packages.
 */
export async function installPackages(
  packages: Packages,
  overrides: Packages = {},
): Promise<Installed> {
  const directory = join(cache, digestOf({ ...packages, ...overrides }))
  if (existsSync(directory)) return { directory }
  await mkdir(cache, { recursive: true })
  const draft = await mkdtemp(join(cache, 'draft-'))
  try {
    const manifest = { private: true, dependencies: packages, overrides }
    await writeFile(join(draft, 'package.json'), JSON.stringify(manifest))
    const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
    await run('npm', ['install', '--prefix', draft, ...flags], { cwd: draft })
    await rename(draft, directory)
  } catch (error) {
    // Another test can be faster: then the directory exists, and the rename fails.
    if (!existsSync(directory)) return { missing: missingText(packages, error) }
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  return { directory }
}

/** Packages of another platform have other binaries. */
function digestOf(packages: Packages): string {
  const entries = Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1))
  const key = JSON.stringify([process.platform, process.arch, entries])
  return createHash('sha256').update(key).digest('hex').slice(0, 16)
}

function missingText(packages: Packages, error: unknown): string {
  const names = Object.entries(packages).map(([name, version]) => `${name}@${version}`)
  return `npm cannot install ${names.join(' ')}: ${messageOf(error)}`
}
