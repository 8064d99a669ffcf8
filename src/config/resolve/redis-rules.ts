import { ownPlace, packageFailure } from '../../files/load-package.ts'
import { noValue, type Problem, unusedSetting } from '../problem.ts'
import { redisUrlFaults } from './redis-url-rules.ts'
import type { RuleContext } from './rule-context.ts'
import { is, type Reason, unused } from './without-effect.ts'

const instead = ['redisHost', 'redisPort', 'redisDb', 'redisUsername', 'redisPassword'] as const

/** The faults of settings of Redis that do not fit together. */
export function redisFaults(context: RuleContext): Problem[] {
  if (context.isIdle('redisUrl')) return []
  const excluded = context.has('redisUrl') ? instead.filter((name) => context.isGiven(name)) : []
  const faults = excluded.map((name) => context.both(name, 'redisUrl'))
  if (context.has('redisClusterNodes') && context.has('redisSentinels')) {
    faults.push(context.both('redisClusterNodes', 'redisSentinels'))
  }
  for (const [missing, by] of sentinelPairs) {
    if (context.lacks(missing) && context.has(by)) faults.push(context.required(missing, by))
  }
  return [
    ...faults,
    ...redisUrlFaults(context),
    ...databaseFaults(context),
    ...tlsFaults(context),
    ...lifetimeFaults(context),
  ]
}

/** For a check. The exporter itself tells the problem when it connects. */
export function redisPackageFaults(context: RuleContext): Problem[] {
  if (context.isIdle('redisUrl')) return []
  const failure = packageFailure('ioredis', [ownPlace])
  if (!failure) return []
  const key = context.named(context.has('redisEnabled') ? 'redisEnabled' : 'redisUrl')
  return [noValue(failure.code, key, `${key} asks for Redis: ${failure.reason}`)]
}

const sentinelPairs = [
  ['redisSentinelName', 'redisSentinels'],
  ['redisSentinels', 'redisSentinelName'],
] as const

/** A Redis Cluster has a single database. A refused number counts as its default, 0. */
function databaseFaults(context: RuleContext): Problem[] {
  const { redisDb } = context.settings
  if (redisDb === 0 || !context.has('redisClusterNodes')) return []
  const key = context.named('redisDb')
  const message = `${key} is ${redisDb}; with ${context.named('redisClusterNodes')} allowed is 0.`
  return [{ code: 'GPE_SETTING_VALUE', key, got: String(redisDb), allowed: '0', message }]
}

function tlsFaults(context: RuleContext): Problem[] {
  const faults = pairs.flatMap(([missing, by]) =>
    context.lacks(missing) && context.has(by) ? [context.required(missing, by)] : [],
  )
  const [file] = filesOfTls.filter((name) => context.has(name))
  if (file === undefined || mayHaveTls(context)) return faults
  return [...faults, context.required('redisSsl', file)]
}

const filesOfTls = ['redisSslCafile', 'redisSslCertfile', 'redisSslKeyfile'] as const

const pairs = [
  ['redisSslKeyfile', 'redisSslCertfile'],
  ['redisSslCertfile', 'redisSslKeyfile'],
] as const

function mayHaveTls(context: RuleContext): boolean {
  if (!(context.lacks('redisSsl') && context.lacks('redisSentinelSsl'))) return true
  const url = context.settings.redisUrl?.reveal()
  // A refused URL may ask for TLS.
  return url === undefined ? context.has('redisUrl') : url.startsWith('rediss:')
}

/** A cluster that misses two writes must stay visible. */
const leastIntervals = 3

function lifetimeFaults(context: RuleContext): Problem[] {
  const [lifetime, interval] = ['redisTtlSeconds', 'redisCollectIntervalSeconds'] as const
  const { [lifetime]: ttlSeconds, [interval]: intervalSeconds, redisTtlDisabled } = context.settings
  const isKnown = [lifetime, interval, 'redisTtlDisabled' as const].every((name) =>
    context.knows(name),
  )
  const least = Math.ceil(leastIntervals * intervalSeconds)
  if (redisTtlDisabled || !isKnown || ttlSeconds >= least) return []
  const key = context.named(lifetime)
  const allowed = `${least} or more`
  const message = `${key} is ${ttlSeconds}; with ${context.named(interval)} ${intervalSeconds} `
  return [
    {
      code: 'GPE_SETTING_VALUE',
      key,
      got: String(ttlSeconds),
      allowed,
      message: `${message}allowed is ${allowed}.`,
    },
  ]
}

/** The given settings of Redis without an effect. */
export function unusedByRedis(context: RuleContext): Problem[] {
  return [
    ...unused(context, ['redisHost', 'redisPort'], otherNodes(context)),
    ...unused(context, ofSentinels, context.lacks('redisSentinels') && isMissing('redisSentinels')),
    ...unused(context, ['redisUsername'], lacksPassword(context, 'redisPassword')),
    ...unused(context, ['redisSentinelUsername'], lacksPassword(context, 'redisSentinelPassword')),
    ...partsOfUrl(context),
  ]
}

const ofSentinels = [
  'redisSentinelPassword',
  'redisSentinelPasswordFile',
  'redisSentinelSsl',
] as const

type Password = 'redisPassword' | 'redisSentinelPassword'

function isMissing(name: Password | 'redisSentinels'): Reason {
  return (context) => `${context.named(name)} is not given`
}

function lacksPassword(context: RuleContext, name: Password): Reason {
  return context.lacks(name) && context.lacks(`${name}File`) && isMissing(name)
}

function otherNodes(context: RuleContext): Reason {
  const name = (['redisClusterNodes', 'redisSentinels'] as const).find((each) => context.has(each))
  return name !== undefined && is(name, 'given')
}

/** A URL must have a host, also where the URL only has the password for other nodes. */
function partsOfUrl(context: RuleContext): Problem[] {
  const url = context.settings.redisUrl && new URL(context.settings.redisUrl.reveal())
  if (!url || context.isIdle('redisUrl')) return []
  const key = context.named('redisUrl')
  const hasPassword = url.password !== '' || !context.lacks('redisPasswordFile')
  const reasons: (readonly [part: string, reason: Reason])[] = [
    ['host', otherNodes(context)],
    ['user', url.username !== '' && !hasPassword && (() => 'the URL has no password')],
  ]
  return reasons.flatMap(([part, reason]) =>
    reason
      ? [unusedSetting(key, `The ${part} of ${key} has no effect, because ${reason(context)}.`)]
      : [],
  )
}
