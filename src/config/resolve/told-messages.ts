import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { isFirstToClaim } from '../../files/claim.ts'
import { configLimits } from '../../limits/config.ts'
import { environment } from '../environment.ts'
import { toldVariable } from '../variables.ts'

/*
 * All processes of a cluster read the configuration, and find the same faults. The operator gets
 * each fault once: the first process that claims a message by a file logs the message. A primary
 * also names its messages in a variable for the workers of later forks, because the system may not
 * let the processes write files.
 */

/** Call this function in a primary, or in a process that may fork later, for logged messages. */
export function announceTold(messages: readonly string[], hasWorkers: boolean): void {
  if (messages.length === 0) return
  const claimed = groupsOf(messages)
  const digests = claimed.map((group) => digestOf(group.join('\n')))
  Object.assign(environment(), { [toldVariable]: [process.pid, ...digests].join(' ') })
  // The first workers start before the primary reads its settings, and have no variable.
  if (hasWorkers) for (const group of claimed) isFirst(process.pid, group)
}

/** The messages of a cluster worker that no other process of the cluster has logged. */
export function untoldInCluster(messages: readonly string[]): readonly string[] {
  const known = toldByParent()
  return groupsOf(messages).flatMap((group) =>
    !known.has(digestOf(group.join('\n'))) && isFirst(process.ppid, group) ? group : [],
  )
}

/** One group for each message, or a single group of more messages than the limit. */
function groupsOf(messages: readonly string[]): (readonly string[])[] {
  if (messages.length > configLimits.toldMessages) return [messages]
  return messages.map((message) => [message])
}

function isFirst(pid: number, group: readonly string[]): boolean {
  const { claimEntries: mostEntries } = configLimits
  return isFirstToClaim({ parent: tmpdir(), pid, text: group.join('\n'), mostEntries })
}

function toldByParent(): ReadonlySet<string> {
  const [pid, ...digests] = (environment()[toldVariable] ?? '').split(' ')
  return new Set(pid === String(process.ppid) ? digests : [])
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
