import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Installs packages of PyPI into a cache outside the repository, once for each combination.
 * @param {string[]} requirements such as `gunicorn==27.0.1`
 * @returns {string} the Python that has the packages
 * @throws if Python has no venv, or if pip cannot install the packages.
 */
export function pythonWith(requirements) {
  const { XDG_CACHE_HOME: caches = join(homedir(), '.cache') } = process.env
  const cache = join(caches, 'gunicorn-prometheus-exporter')
  const directory = join(cache, requirements.join('+').replaceAll('==', '-'))
  const python = join(directory, 'bin/python')
  if (existsSync(python)) return python
  mkdirSync(cache, { recursive: true })
  const draft = mkdtempSync(join(cache, 'draft-'))
  try {
    execFileSync('python3', ['-m', 'venv', draft], { stdio: 'pipe' })
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
    execFileSync(join(draft, 'bin/python'), [...install, ...requirements], { stdio: 'pipe' })
    // Not bin/gunicorn: its first line names the draft.
    renameSync(draft, directory)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  return python
}
