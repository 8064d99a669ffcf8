import { nameOf } from '../../../config/setting-names.ts'
import type { Settings } from '../../../config/settings.ts'
import { packageReason } from '../../../files/load-package.ts'
import { doctorLimits } from '../../../limits/tools/doctor.ts'
import { redacted } from '../../../log/redact.ts'
import { isOfPackage } from '../../../model/errors/api-errors.ts'
import { codeOf } from '../../../model/errors/coded-error.ts'
import { type RedisSettings, redisSettings } from '../../../share/redis/redis-settings.ts'
import { messageOf } from '../../../support/error-message.ts'
import { type Finding, finding, fine, skipped, unknown } from '../catalog/finding.ts'
import { askRedis, type RedisFacts, type RefusedCommand } from '../facts/redis-facts.ts'
import type { Target } from '../facts/target.ts'

/** Looks at Redis, with the connection of the exporter. */
export async function redisFindings({ settings, command }: Target): Promise<Finding[]> {
  const isAsked = command.name === 'serve' && settings.redisUrl !== undefined
  const redis = redisSettings(settings, settings.redisEnabled || isAsked)
  if (!redis) return [skipped('redis', 'Redis', 'The settings share nothing by Redis.')]
  const judgement = {
    lookedAt: `Redis of ${placeSettings(settings)}`,
    settings: placeSettings(settings),
    user: redis.connection.username ?? 'default',
    prefix: redis.prefix,
  }
  try {
    return judgeRedis(await askRedis(redis), judgement)
  } catch (error) {
    const { lookedAt } = judgement
    if (isOfPackage(codeOf(error))) {
      return [finding('redis-package', { lookedAt, found: packageReason(error) })]
    }
    const found = `${redacted(messageOf(error), secretsOf(redis))}.`
    return [finding('redis-unreachable', { lookedAt, found, words: judgement })]
  }
}

export interface RedisJudgement extends Record<string, string> {
  readonly lookedAt: string
  /** The settings that name the server. */
  readonly settings: string
  readonly user: string
  readonly prefix: string
}

/** Judges the answers of Redis. */
export function judgeRedis(facts: RedisFacts, judgement: RedisJudgement): Finding[] {
  const { lookedAt } = judgement
  const findings = [
    ...refusalFindings(facts.refused, judgement),
    ...clockFindings(facts, lookedAt),
    ...memoryFindings(facts, lookedAt),
    ...hiddenFindings(facts, judgement),
  ]
  if (findings.length > 0) return findings
  const ms = facts.roundTripMs.toFixed(1)
  const found = `Redis ${facts.version ?? ''} takes all commands. A round trip takes ${ms} ms.`
  return [fine('redis', lookedAt, found)]
}

function refusalFindings(refused: readonly RefusedCommand[], judgement: RedisJudgement): Finding[] {
  const { lookedAt, prefix } = judgement
  const denied = refused.filter(({ error }) => /NOPERM/.test(error))
  const [readOnly] = refused.filter(({ error }) => /READONLY/.test(error))
  const [other] = refused.filter(({ error }) => !/NOPERM|READONLY/.test(error))
  const findings: Finding[] = []
  if (denied.length > 0) {
    const commands = denied.filter(({ error }) => /command/.test(error)).map(({ name }) => name)
    const keys =
      denied.length > commands.length ? [`~{${prefix}}:metrics:*`, `~${prefix}:metrics:*`] : []
    const rights = [...keys, ...new Set(commands.map((name) => `+${name.toLowerCase()}`))].join(' ')
    const found = `${denied[0]?.error}.`
    findings.push(finding('redis-denied', { lookedAt, found, words: { ...judgement, rights } }))
  }
  if (readOnly) {
    const found = `${readOnly.error}.`
    findings.push(finding('redis-read-only', { lookedAt, found, words: judgement }))
  }
  if (other) findings.push(finding('redis-refuses', { lookedAt, found: `${other.error}.` }))
  return findings
}

function clockFindings({ clockMs, roundTripMs }: RedisFacts, lookedAt: string): Finding[] {
  const findings: Finding[] = []
  if (clockMs !== undefined && Math.abs(clockMs) > doctorLimits.clockMs) {
    const side = clockMs > 0 ? 'ahead of' : 'behind'
    const seconds = (Math.abs(clockMs) / 1_000).toFixed(1)
    const found = `The clock of Redis is ${seconds} s ${side} the clock of this host.`
    findings.push(finding('redis-clock', { lookedAt, found }))
  }
  if (roundTripMs > doctorLimits.redisSlowMs) {
    const found = `The fastest round trip took ${roundTripMs.toFixed(0)} ms.`
    findings.push(finding('redis-slow', { lookedAt, found }))
  }
  return findings
}

function memoryFindings(facts: RedisFacts, lookedAt: string): Finding[] {
  const { evictionPolicy: policy, maxMemoryBytes: most = 0, usedMemoryBytes: used = 0 } = facts
  if (most === 0) return []
  const share = `maxmemory is ${most} bytes, and ${used} bytes are used.`
  if (policy !== undefined && policy !== 'noeviction') {
    const found = `maxmemory-policy is ${policy}. ${share}`
    return [finding('redis-evicts', { lookedAt, found })]
  }
  if (used < doctorLimits.nearlyFull * most) return []
  return [finding('redis-nearly-full', { lookedAt, found: `M${share.slice(1)}` })]
}

function hiddenFindings({ hidden }: RedisFacts, { lookedAt, user }: RedisJudgement): Finding[] {
  if (hidden.length === 0) return []
  const found = `The user may not ask ${hidden.join(' and ')}, which the exporter does not need.`
  const rights = hidden.map((name) => `+${name.toLowerCase()}`).join(' ')
  return [unknown('redis', lookedAt, { found, remedy: `Run \`ACL SETUSER ${user} ${rights}\`.` })]
}

/** The settings that say where Redis is. */
function placeSettings(settings: Settings): string {
  const { redisUrl, redisClusterNodes, redisSentinelName } = settings
  if (redisClusterNodes.length > 0) return nameOf(settings, 'redisClusterNodes')
  if (redisSentinelName !== undefined) return nameOf(settings, 'redisSentinels')
  if (redisUrl !== undefined) return nameOf(settings, 'redisUrl')
  return `${nameOf(settings, 'redisHost')} and ${nameOf(settings, 'redisPort')}`
}

function secretsOf({ connection: { password } }: RedisSettings): string[] {
  return password && 'text' in password ? [password.text] : []
}
