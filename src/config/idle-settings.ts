import type { FoundSetting } from './resolved.ts'
import type { SettingName } from './settings.ts'
import { refused } from './table/kind.ts'
import type { Topic } from './table/setting.ts'
import { settingNames, table } from './table.ts'

/** A command that has settings of its own; without one it is the preload, or code that asks as it would. */
export type CommandName = 'run' | 'serve'

/** Where a setting was given, if it was. */
type Find = (name: SettingName) => FoundSetting | undefined

/**
 * The settings that nobody needs here. A variable of such a name may be somebody else's: Kubernetes sets REDIS_PORT
 * for a Service named redis, and applications have a REDIS_URL or a WEB_CONCURRENCY of their own.
 */
export function idleSettings(
  command: CommandName | undefined,
  find: Find,
): ReadonlySet<SettingName> {
  const topics: Topic[] = []
  if (!asksForRedis(command, find)) topics.push(table.redisEnabled.topic)
  if (command !== 'run') topics.push(table.workers.topic)
  // The switch itself always says something.
  const names = settingNames.filter((name) => name !== 'redisEnabled')
  return new Set(names.filter((name) => topics.includes(table[name].topic)))
}

function asksForRedis(command: CommandName | undefined, find: Find): boolean {
  const enabled = find('redisEnabled')
  const answer = enabled && table.redisEnabled.kind.parse(enabled.text)
  // A switch that is no good is refused, and with it all that is.
  if (answer === true || answer === refused) return true
  const url = find('redisUrl')
  if (url?.origin.kind === 'command line') return true
  return command === 'serve' && enabled === undefined && url !== undefined
}
