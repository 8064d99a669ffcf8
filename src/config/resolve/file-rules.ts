import { isAbsolute, resolve } from 'node:path'
import { failureOf } from '../../files/failure-of.ts'
import { filesIn, readSmall } from '../../files/small-file.ts'
import { assertPair, readCertificate, readPrivateKey } from '../../files/tls-files.ts'
import { createRequire } from '../../support/process/create-require.ts'
import type { Problem } from '../problem.ts'
import type { SettingName } from '../settings.ts'
import type { RuleContext } from './rule-context.ts'

/** Any path will do, because the path to find is absolute. A bundle may have no `import.meta`. */
const load = createRequire(process.execPath)

/** The faults of the files that settings name. Each file is checked, whatever the others are. */
export function fileFaults(context: RuleContext): Problem[] {
  return [
    ...secretFiles.flatMap((name) => secretFaults(context, name)),
    ...tlsFaults(context),
    ...checked(context, 'redisSslCafile', readCertificate),
    ...certificateFaults(context, 'redisSslCertfile', 'redisSslKeyfile'),
    ...checked(context, 'hooks', (path) => load.resolve(resolve(path))),
  ]
}

/** The settings whose files hold a secret. */
export const secretFiles = [
  'authUsernameFile',
  'authPasswordFile',
  'authBearerTokenFile',
  'redisPasswordFile',
  'redisSentinelPasswordFile',
] as const

function secretFaults(context: RuleContext, name: SettingName): Problem[] {
  const path = pathOf(context, name)
  if (path === undefined) return []
  if (isAbsolute(path)) return checked(context, name, assertFilled)
  const reason = failureOf(() => assertFilled(path))
  if (reason === undefined) return []
  // The path can be the secret itself, and the system's message quotes the path.
  const got = 'not shown (not an absolute path)'
  const key = context.named(name)
  return [
    {
      code: 'GPE_SETTING_FILE',
      key,
      got,
      allowed,
      message: `${key} is ${got}; the file cannot be used.`,
    },
  ]
}

const allowed = 'a file that can be used'

function assertFilled(path: string): void {
  if (readSmall(path).trim() === '') throw new Error('the file is empty')
}

function tlsFaults(context: RuleContext): Problem[] {
  if (context.settings.sslEnabled === false) return []
  return [
    ...certificateFaults(context, 'sslCertfile', 'sslKeyfile'),
    ...checked(context, 'sslClientCafile', readCertificate),
    ...checked(context, 'sslClientCapath', assertAuthorities),
  ]
}

/** The faults of a certificate, of its key, and of both together. */
function certificateFaults(
  context: RuleContext,
  certfile: SettingName,
  keyfile: SettingName,
): Problem[] {
  const faults = [
    ...checked(context, certfile, readCertificate),
    ...checked(context, keyfile, readPrivateKey),
  ]
  const [cert, key] = [pathOf(context, certfile), pathOf(context, keyfile)]
  if (faults.length > 0 || cert === undefined || key === undefined) return faults
  const reason = failureOf(() => assertPair(cert, key))
  if (reason === undefined) return []
  const [name, got] = [context.named(certfile), JSON.stringify(cert)]
  const message = `${name} and ${context.named(keyfile)} do not go together: ${reason}.`
  return [
    { code: 'GPE_SETTING_FILE', key: name, got, allowed: 'the certificate of the key', message },
  ]
}

/** The fault of a file; none where the setting names no file. */
function checked(
  context: RuleContext,
  name: SettingName,
  check: (path: string) => unknown,
): Problem[] {
  const path = pathOf(context, name)
  const reason = path === undefined ? undefined : failureOf(() => check(path))
  if (reason === undefined) return []
  const [key, got] = [context.named(name), JSON.stringify(path)]
  return [{ code: 'GPE_SETTING_FILE', key, got, allowed, message: `${key} is ${got}: ${reason}.` }]
}

function pathOf(context: RuleContext, name: SettingName): string | undefined {
  const { [name]: path } = context.settings
  return typeof path === 'string' && !context.isIdle(name) ? path : undefined
}

function assertAuthorities(directory: string): void {
  if (!filesIn(directory).some(isCertificate)) throw new Error('no file in it holds a certificate')
}

function isCertificate(path: string): boolean {
  return failureOf(() => readCertificate(path)) === undefined
}
