import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext } from 'node:test'
import { need, openssl } from '../tools.ts'

/* Authorities, certificates and keys of the openssl command, because Node cannot create them. */

/** A certificate and its key, as files and as texts. */
export interface Pair {
  readonly certfile: string
  readonly keyfile: string
  readonly cert: string
  readonly key: string
}

export interface Authority extends Pair {
  /**
   * A certificate for servers and clients, valid for two days.
   * @param names default: 127.0.0.1, ::1 and localhost.
   */
  readonly issue: (name: string, names?: string) => Pair
}

/** A directory of the test file, removed after its tests. */
export function scratchDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'gpe-'))
  after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/**
 * Returns a function that creates authorities in the directory. Without openssl, skips the test and
 * returns undefined.
 */
export function authorities(
  context: TestContext,
  directory: string,
): ((name: string) => Authority) | undefined {
  const command = need(context, openssl())
  return command === undefined ? undefined : (name) => authority(command, directory, name)
}

/** As `authorities`, outside a test. */
export function authorityIn(directory: string): Authority {
  const command = openssl()
  if ('missing' in command) throw new Error(command.missing)
  return authority(command.path, directory, 'authority')
}

function authority(command: string, directory: string, name: string): Authority {
  const path = (file: string): string => join(directory, file)
  const run = (...args: string[]): void => {
    const { status, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 })
    if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`)
  }
  const own = { certfile: path(`${name}.crt`), keyfile: path(`${name}.key`) }
  run('req', '-x509', ...requestOf(name, own.keyfile), '-days', '2', '-out', own.certfile)
  const extensions = path(`${name}.cnf`)
  const usage = 'extendedKeyUsage=serverAuth,clientAuth'
  return {
    ...read(own),
    issue(issued, names = 'IP:127.0.0.1,IP:::1,DNS:localhost') {
      writeFileSync(extensions, `subjectAltName=${names}\n${usage}\n`)
      const pair = { certfile: path(`${issued}.crt`), keyfile: path(`${issued}.key`) }
      const request = path(`${issued}.csr`)
      run('req', ...requestOf(issued, pair.keyfile), '-out', request)
      const by = ['-CA', own.certfile, '-CAkey', own.keyfile, '-CAcreateserial']
      const to = ['-days', '2', '-extfile', extensions, '-out', pair.certfile]
      run('x509', '-req', '-in', request, ...by, ...to)
      return read(pair)
    },
  }
}

function requestOf(name: string, keyfile: string): string[] {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', keyfile]
  return [...key, '-subj', `/CN=${name}`]
}

function read({ certfile, keyfile }: { certfile: string; keyfile: string }): Pair {
  const [cert, key] = [readFileSync(certfile, 'utf8'), readFileSync(keyfile, 'utf8')]
  return { certfile, keyfile, cert, key }
}
