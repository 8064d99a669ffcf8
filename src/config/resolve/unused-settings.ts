import { type Problem, unusedSetting } from '../problem.ts'
import { settingNames, table } from '../table.ts'
import type { CommandName } from './idle-settings.ts'
import { unusedByRedis } from './redis-rules.ts'
import type { RuleContext } from './rule-context.ts'
import { is, type Reason, unused } from './without-effect.ts'

export interface UnusedSettings {
  /** Settings that contradict each other. */
  readonly warnings: readonly Problem[]
  /** Details of a feature that is off, and settings that several processes can share. */
  readonly notes: readonly Problem[]
}

/** The given settings without an effect, because of another setting. */
export function unusedSettings(
  context: RuleContext,
  command: CommandName | undefined,
): UnusedSettings {
  const needless = command === 'serve' ? ofServe(context) : ofProcesses(context)
  const warnings = [
    ...needless.warnings,
    ...unusedByRedis(context),
    ...unused(context, ['maxRequestsJitter'], lacksRequests(context)),
  ]
  const notes = [
    ...needless.notes,
    ...unused(
      context,
      needMetricsByRoute,
      context.lacks('httpMetrics') && is('httpMetrics', 'off'),
    ),
    ...unused(context, ['metricsPort'], hasSocket(context)),
    ...unused(
      context,
      filesOfTls,
      context.settings.sslEnabled === false && is('sslEnabled', 'off'),
    ),
    ...unused(
      context,
      ['redisTtlSeconds'],
      context.has('redisTtlDisabled') && is('redisTtlDisabled', 'on'),
    ),
    ...unused(context, ['probesOpen'], isOpen(context)),
  ]
  return { warnings, notes }
}

/** A shared directory has no nodes: without Redis, `serve` shows all processes. */
function ofServe(context: RuleContext): UnusedSettings {
  const hasNoRedis = context.isIdle('redisUrl') && (() => 'no Redis is given')
  return { warnings: unused(context, ['sidecarNodeOnly'], hasNoRedis), notes: [] }
}

/** Of the preload and `run`. `serve` has neither workers nor totals of its own. */
function ofProcesses(context: RuleContext): UnusedSettings {
  const hasNoFiles = context.lacks('multiprocDir') && is('multiprocDir', 'off')
  return {
    warnings: [
      ...unused(context, ['crashFiles', 'crashMemory', 'cleanupDbFiles'], hasNoFiles),
      ...unused(context, ['stateDir'], keptElsewhere(context)),
      ...sharedTwice(context),
      ...unused(context, ['sidecarMode'], lacksDirectory(context)),
      ...redisKeys(context),
    ],
    notes: unused(context, ['metricsPort', 'bindAddress', 'maxConnections'], noEndpoint(context)),
  }
}

/** Why a state directory has no effect: Redis or a sidecar continues the totals. */
export function keptElsewhere(context: RuleContext): Reason {
  if (context.has('redisEnabled')) return is('redisEnabled', 'on')
  if (context.has('sharedDir')) return is('sharedDir', 'given')
  return context.has('sidecarMode') && !lacksDirectory(context) && is('sidecarMode', 'on')
}

function sharedTwice(context: RuleContext): Problem[] {
  if (!(context.has('redisEnabled') && context.has('sharedDir'))) return []
  const [key, redis] = [context.named('sharedDir'), context.named('redisEnabled')]
  const message = `${key} closes the endpoint, but has no files, because ${redis} is on.`
  return [unusedSetting(key, message)]
}

/** With Redis, the container of a sidecar needs no directory for this setting. */
function lacksDirectory(context: RuleContext): Reason {
  if (context.has('sharedDir') || context.has('redisEnabled')) return false
  if (context.lacks('multiprocDir')) return is('multiprocDir', 'off')
  return !context.isGiven('multiprocDir') && (() => `${context.named('multiprocDir')} is not given`)
}

/** Variables of Redis can belong to the application; keys of the file cannot. */
function redisKeys(context: RuleContext): Problem[] {
  if (context.origins.redisEnabled.kind !== 'default') return []
  const name = settingNames.find(
    (each) =>
      context.isIdle(each) &&
      table[each].topic === table.redisEnabled.topic &&
      context.origins[each].kind === 'file',
  )
  if (name === undefined) return []
  const enabled = context.missing('redisEnabled', name)
  const key = context.named(name)
  return [unusedSetting(key, `${key} has no effect, because ${enabled} is not given.`)]
}

function noEndpoint(context: RuleContext): Reason {
  if (context.has('sharedDir')) return is('sharedDir', 'given')
  const { metricsExporters } = context.settings
  const isPushed = metricsExporters.includes('otlp') && !metricsExporters.includes('prometheus')
  return isPushed && (() => `${context.named('metricsExporters')} has no prometheus`)
}

function lacksRequests(context: RuleContext): Reason {
  const name = 'maxRequests'
  return context.settings.maxRequests === 0 && (() => `${context.named(name)} is 0`)
}

function hasSocket(context: RuleContext): Reason {
  const isSocket = context.settings.bindAddress.startsWith('unix:')
  return isSocket && (() => `${context.named('bindAddress')} is a unix socket`)
}

function isOpen(context: RuleContext): Reason {
  return locks.every((name) => context.lacks(name)) && (() => 'the endpoint is open')
}

const locks = [
  'authPassword',
  'authPasswordFile',
  'authBearerToken',
  'authBearerTokenFile',
  'sslClientCafile',
  'sslClientCapath',
] as const

const filesOfTls = [
  'sslCertfile',
  'sslKeyfile',
  'sslClientCafile',
  'sslClientCapath',
  'sslClientAuthRequired',
] as const

/** Settings of the metrics by route alone. Other settings also shape `endpoint` or durations. */
const needMetricsByRoute = ['httpBodySizes', 'httpStatusGroups', 'httpExcludeMethods'] as const
