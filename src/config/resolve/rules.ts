import { type Problem, wrongValue } from '../problem.ts'
import type { SettingName } from '../settings.ts'
import { fileFaults } from './file-rules.ts'
import { redisFaults } from './redis-rules.ts'
import { missingValue, RuleContext, type RuleContextOptions } from './rule-context.ts'

export interface RuleOptions extends RuleContextOptions {
  /** Whether to check the named files. */
  readonly checksFiles: boolean
}

/** The faults of values that do not fit together, as far as the values are known. */
export function ruleFaults({ checksFiles, ...options }: RuleOptions): Problem[] {
  const context = new RuleContext(options)
  const faults = [
    ...tlsFaults(context),
    ...accessFaults(context),
    ...hangStackFaults(context),
    ...redisFaults(context),
  ]
  return checksFiles ? [...faults, ...fileFaults(context)] : faults
}

function tlsFaults(context: RuleContext): Problem[] {
  if (context.settings.sslEnabled === false) return []
  const faults: Problem[] = []
  const demand = (missing: SettingName, by: SettingName): void => {
    if (context.lacks(missing) && context.has(by)) faults.push(context.required(missing, by))
  }
  demand('sslKeyfile', 'sslCertfile')
  demand('sslCertfile', 'sslKeyfile')
  if (context.lacks('sslCertfile') && context.lacks('sslKeyfile')) {
    for (const name of clientSettings) demand('sslCertfile', name)
    demand('sslCertfile', 'sslEnabled')
  }
  if (context.lacks('sslClientCapath')) demand('sslClientCafile', 'sslClientAuthRequired')
  return faults
}

const clientSettings = ['sslClientCafile', 'sslClientCapath', 'sslClientAuthRequired'] as const

const secretPairs = [
  ['authUsername', 'authUsernameFile'],
  ['authPassword', 'authPasswordFile'],
  ['authBearerToken', 'authBearerTokenFile'],
  ['redisPassword', 'redisPasswordFile'],
  ['redisSentinelPassword', 'redisSentinelPasswordFile'],
] as const

function accessFaults(context: RuleContext): Problem[] {
  const faults = secretPairs.flatMap(([value, file]) =>
    context.has(value) && context.has(file) ? [context.both(value, file)] : [],
  )
  const user = (['authUsername', 'authUsernameFile'] as const).find((name) => context.has(name))
  const password = (['authPassword', 'authPasswordFile'] as const).find((name) => context.has(name))
  if (user && context.lacks('authPassword') && context.lacks('authPasswordFile')) {
    const key = context.missing('authPassword', user)
    faults.push(missingValue(key, 'a user name requires a password'))
  }
  if (password && context.lacks('authUsername') && context.lacks('authUsernameFile')) {
    const key = context.missing('authUsername', password)
    faults.push(missingValue(key, 'a password requires a user name'))
  }
  return faults
}

/** A blocked worker can write a file and send nothing. `run` kills a worker after the timeout. */
function hangStackFaults(context: RuleContext): Problem[] {
  const { hangStackSeconds: seconds, timeoutSeconds: timeout } = context.settings
  if (seconds === 0) return []
  const key = context.named('hangStackSeconds')
  const faults: Problem[] = []
  if (context.lacks('multiprocDir')) {
    const directory = context.named('multiprocDir')
    const message = `${directory} is off; ${key} requires a directory.`
    faults.push({
      code: 'GPE_SETTING_MISSING',
      key: directory,
      got: 'off',
      allowed: 'a directory',
      message,
    })
  }
  if (!context.isIdle('timeoutSeconds') && timeout > 0 && seconds >= timeout) {
    const allowed = `less than ${timeout}`
    const message = `${key} is ${seconds}; with ${context.named('timeoutSeconds')} ${timeout} `
    const wrong = wrongValue(key, String(seconds), allowed)
    faults.push({ ...wrong, message: `${message}allowed is ${allowed}.` })
  }
  return faults
}
