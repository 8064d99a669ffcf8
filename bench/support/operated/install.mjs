import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Installs gunicorn of PyPI into a cache outside the repository, once for each version.
 * @returns {string} the Python that has gunicorn
 * @throws if Python has no venv, or if pip cannot install the packages.
 */
export function pythonWithGunicorn(version) {
  const { XDG_CACHE_HOME: caches = join(homedir(), '.cache') } = process.env
  const cache = join(caches, 'gunicorn-prometheus-exporter')
  const directory = join(cache, `gunicorn-${version}`)
  const python = join(directory, 'bin/python')
  if (existsSync(python)) return python
  mkdirSync(cache, { recursive: true })
  const draft = mkdtempSync(join(cache, 'draft-'))
  try {
    execFileSync('python3', ['-m', 'venv', draft], { stdio: 'pipe' })
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
    execFileSync(join(draft, 'bin/python'), [...install, `gunicorn==${version}`], { stdio: 'pipe' })
    // Not bin/gunicorn: its first line names the draft.
    renameSync(draft, directory)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  return python
}
