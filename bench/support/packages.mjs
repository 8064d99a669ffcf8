import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const cache = join(tmpdir(), `gunicorn-prometheus-exporter-tools-${process.getuid?.() ?? 'user'}`)

/**
 * Installs packages into a cache outside the repository, once for each combination of versions.
 *
 * @param {Record<string, string>} packages names and exact versions
 * @returns {string} the directory with `node_modules`
 * @throws if npm cannot install the packages.
 */
export function installedPackages(packages) {
  const specifiers = Object.entries(packages).map(([name, version]) => `${name}@${version}`)
  const digest = createHash('sha256').update(specifiers.join('\n')).digest('hex').slice(0, 16)
  const directory = join(cache, `bench-${digest}`)
  mkdirSync(cache, { recursive: true, mode: 0o700 })
  if (statSync(cache).uid !== (process.getuid?.() ?? 0)) {
    throw new Error(`${cache} belongs to another user, and the benchmark runs its files.`)
  }
  if (existsSync(directory)) return directory
  // The directory appears complete or not at all.
  const draft = mkdtempSync(join(cache, 'draft-'))
  try {
    const flags = ['--prefix', draft, '--no-audit', '--no-fund', '--ignore-scripts']
    execFileSync('npm', ['install', ...flags, ...specifiers], { cwd: draft, stdio: 'pipe' })
    renameSync(draft, directory)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  return directory
}
