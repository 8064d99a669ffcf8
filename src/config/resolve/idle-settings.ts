import type { SettingName } from '../settings.ts'
import { refused } from '../table/kind.ts'
import type { Topic } from '../table/setting.ts'
import { settingNames, table } from '../table.ts'
import type { FoundSetting } from './resolved.ts'

/** A command with settings of its own. The preload has no command. */
export type CommandName = 'run' | 'serve'

/** Finds a setting in the sources. */
type Find = (name: SettingName) => FoundSetting | undefined

/**
 * The settings of unused features. Other programs can own variables of these names: Kubernetes sets
 * REDIS_PORT for a Service named redis, and applications have a REDIS_URL or WEB_CONCURRENCY.
 */
export function idleSettings(
  command: CommandName | undefined,
  find: Find,
): ReadonlySet<SettingName> {
  const topics: Topic[] = []
  if (!asksForRedis(command, find)) topics.push(table.redisEnabled.topic)
  if (command !== 'run') topics.push(table.workers.topic)
  // The switch itself is always in use.
  const names = settingNames.filter((name) => name !== 'redisEnabled')
  return new Set(names.filter((name) => topics.includes(table[name].topic)))
}

function asksForRedis(command: CommandName | undefined, find: Find): boolean {
  const enabled = find('redisEnabled')
  const answer = enabled && table.redisEnabled.kind.parse(enabled.text)
  // A refused switch counts as on, so that the other faults are reported too.
  if (answer === true || answer === refused) return true
  const url = find('redisUrl')
  if (url?.origin.kind === 'command line') return true
  return command === 'serve' && enabled === undefined && url !== undefined
}
