import { X509Certificate } from 'node:crypto'
import { createRequire } from 'node:module'
import { isAbsolute } from 'node:path'
import type * as Tls from 'node:tls'
import { filesIn, readSmall } from '../../files/small-file.ts'
import { messageOf } from '../../support/error-message.ts'
import type { SettingName } from '../settings.ts'
import { table } from '../table.ts'
import type { Resolved } from './resolved.ts'

const load = createRequire(import.meta.url)

export interface RuleOptions {
  /** Whether to check the named files. */
  readonly checksFiles: boolean
  /** Settings of unused features, which have no faults. */
  readonly idle: ReadonlySet<SettingName>
}

/** The faults of valid values that do not fit together. */
export function ruleFaults(resolved: Resolved, { checksFiles, idle }: RuleOptions): string[] {
  const named = (name: SettingName): string => nameOf(resolved, name)
  const faults = [...tlsFaults(resolved, named), ...accessFaults(resolved, named, idle)]
  const hasRedis = !idle.has('redisUrl')
  if (hasRedis) faults.push(...redisFaults(resolved, named), ...redisTlsFaults(resolved, named))
  if (!checksFiles) return faults
  faults.push(...secretFileFaults(resolved, named, idle), ...tlsFileFaults(resolved, named))
  return hasRedis ? [...faults, ...redisFileFaults(resolved, named)] : faults
}

type Named = (name: SettingName) => string

/** The name in the source of a setting, or the first variable of a setting without a source. */
function nameOf({ origins }: Resolved, name: SettingName): string {
  const { kind, name: given } = origins[name]
  return kind === 'default' ? (table[name].env[0] ?? name) : given
}

function tlsFaults({ settings }: Resolved, named: Named): string[] {
  const { sslEnabled, sslCertfile, sslKeyfile } = settings
  if (sslEnabled === false) return []
  const faults: string[] = []
  const lacks = (missing: SettingName, given: SettingName): void => {
    if (settings[missing] === undefined && settings[given])
      faults.push(`${named(missing)} is not given; ${named(given)} requires this setting.`)
  }
  lacks('sslKeyfile', 'sslCertfile')
  lacks('sslCertfile', 'sslKeyfile')
  if (sslCertfile === undefined && sslKeyfile === undefined) {
    for (const name of clientSettings) lacks('sslCertfile', name)
    lacks('sslCertfile', 'sslEnabled')
  }
  const hasAuthorities = settings.sslClientCafile ?? settings.sslClientCapath
  if (hasAuthorities === undefined) lacks('sslClientCafile', 'sslClientAuthRequired')
  return faults
}

const clientSettings = ['sslClientCafile', 'sslClientCapath', 'sslClientAuthRequired'] as const

const secretPairs = [
  ['authUsername', 'authUsernameFile'],
  ['authPassword', 'authPasswordFile'],
  ['authBearerToken', 'authBearerTokenFile'],
  ['redisPassword', 'redisPasswordFile'],
] as const

type Idle = RuleOptions['idle']

function accessFaults({ settings }: Resolved, named: Named, idle: Idle): string[] {
  const both = secretPairs.filter((pair) =>
    pair.every((name) => settings[name] !== undefined && !idle.has(name)),
  )
  const faults = both.map(
    ([value, file]) => `${named(value)} and ${named(file)} are both given; only one is allowed.`,
  )
  const hasUser = settings.authUsername ?? settings.authUsernameFile
  const hasPassword = settings.authPassword ?? settings.authPasswordFile
  if (hasUser !== undefined && hasPassword === undefined) {
    faults.push(`${named('authPassword')} is not given; a user name requires a password.`)
  }
  if (hasPassword !== undefined && hasUser === undefined) {
    faults.push(`${named('authUsername')} is not given; a password requires a user name.`)
  }
  return faults
}

const instead = ['redisHost', 'redisPort', 'redisDb', 'redisUsername', 'redisPassword'] as const

function redisFaults({ settings, origins }: Resolved, named: Named): string[] {
  const faults: string[] = []
  const isGiven = (name: SettingName): boolean => origins[name].kind !== 'default'
  const [url, nodes, sentinels] = [
    named('redisUrl'),
    named('redisClusterNodes'),
    named('redisSentinels'),
  ]
  for (const name of settings.redisUrl ? instead.filter(isGiven) : []) {
    faults.push(`${named(name)} and ${url} are both given; only one is allowed.`)
  }
  const hasNodes = settings.redisClusterNodes.length > 0
  const hasSentinels = settings.redisSentinels.length > 0
  if (hasNodes && hasSentinels) {
    faults.push(`${nodes} and ${sentinels} are both given; only one is allowed.`)
  }
  if (hasSentinels !== (settings.redisSentinelName !== undefined)) {
    const [missing, given] = hasSentinels
      ? [named('redisSentinelName'), sentinels]
      : [sentinels, named('redisSentinelName')]
    faults.push(`${missing} is not given; ${given} requires this setting.`)
  }
  if (hasNodes && settings.redisDb !== 0) {
    faults.push(`${named('redisDb')} is ${settings.redisDb}; with ${nodes} allowed is 0.`)
  }
  return faults
}

function redisTlsFaults({ settings }: Resolved, named: Named): string[] {
  const { redisSsl, redisUrl, redisSslCafile } = settings
  if (redisSslCafile === undefined || redisSsl) return []
  if (redisUrl?.reveal().startsWith('rediss:')) return []
  return [`${named('redisSsl')} is not given; ${named('redisSslCafile')} requires this setting.`]
}

const secretFiles = [
  'authUsernameFile',
  'authPasswordFile',
  'authBearerTokenFile',
  'redisPasswordFile',
] as const

function secretFileFaults({ settings }: Resolved, named: Named, idle: Idle): string[] {
  return secretFiles.flatMap((name) => {
    const path = settings[name]
    if (path === undefined || idle.has(name)) return []
    const act = (): void => {
      if (readSmall(path).trim() === '') throw new Error('the file is empty')
    }
    if (isAbsolute(path)) return attempt(`${named(name)} is ${JSON.stringify(path)}`, act)
    // The path can be the secret itself, and the system's message quotes the path.
    return attempt(named(name), act).length > 0
      ? [`${named(name)} is not shown (not an absolute path); the file cannot be used.`]
      : []
  })
}

function tlsFileFaults({ settings }: Resolved, named: Named): string[] {
  const { sslEnabled, sslCertfile, sslKeyfile, sslClientCafile, sslClientCapath } = settings
  if (sslEnabled === false || sslCertfile === undefined || sslKeyfile === undefined) return []
  const shown = (name: SettingName): string => `${named(name)} is ${JSON.stringify(settings[name])}`
  const faults = [
    ...attempt(shown('sslCertfile'), () => new X509Certificate(readSmall(sslCertfile))),
    ...attempt(shown('sslKeyfile'), () => readSmall(sslKeyfile)),
    ...(sslClientCafile === undefined
      ? []
      : attempt(shown('sslClientCafile'), () => new X509Certificate(readSmall(sslClientCafile)))),
    ...(sslClientCapath === undefined
      ? []
      : attempt(shown('sslClientCapath'), () => assertAuthorities(sslClientCapath))),
  ]
  if (faults.length > 0) return faults
  return attempt(`${named('sslCertfile')} and ${named('sslKeyfile')} do not go together`, () => {
    const tls = load('node:tls') as typeof Tls
    tls.createSecureContext({ cert: readSmall(sslCertfile), key: readSmall(sslKeyfile) })
  })
}

function redisFileFaults({ settings }: Resolved, named: Named): string[] {
  const { redisEnabled, redisSslCafile: path } = settings
  if (!redisEnabled || path === undefined) return []
  const shown = `${named('redisSslCafile')} is ${JSON.stringify(path)}`
  return attempt(shown, () => new X509Certificate(readSmall(path)))
}

function assertAuthorities(directory: string): void {
  if (!filesIn(directory).some(isCertificate)) throw new Error('no file in it holds a certificate')
}

function isCertificate(path: string): boolean {
  try {
    return new X509Certificate(readSmall(path)).subject !== ''
  } catch {
    return false
  }
}

function attempt(what: string, act: () => unknown): string[] {
  try {
    act()
    return []
  } catch (error) {
    return [`${what}: ${messageOf(error).replace(/\.$/, '')}.`]
  }
}
