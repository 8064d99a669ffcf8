import { tmpdir } from 'node:os'
import { isFirstToClaim } from '../../files/claim.ts'
import { shortDigest } from '../../files/short-digest.ts'
import { configLimits } from '../../limits/config.ts'
import { environment, setVariables } from '../environment.ts'
import { toldVariable } from '../variables.ts'

/*
 * All processes of a cluster read the configuration, and find the same faults. The operator gets
 * each fault once: the first process that claims a message by a file logs the message. A primary
 * also names its messages in a variable for the workers of later forks, because the system may not
 * let the processes write files.
 */

/** Names logged messages to workers of later forks. */
export function announceTold(messages: readonly string[]): void {
  if (messages.length === 0) return
  const digests = groupsOf(messages).map((group) => shortDigest(group.join('\n')))
  setVariables({ [toldVariable]: [process.pid, ...digests].join(' ') })
}

/** The variable with the logged messages, for a worker whose environment is a copy from before. */
export function toldVariables(): Readonly<Record<string, string>> {
  const { [toldVariable]: told } = environment()
  return told === undefined ? {} : { [toldVariable]: told }
}

/**
 * The messages that no other process of the cluster has logged. The first workers can be faster
 * than the primary.
 * @param primaryPid the primary of the cluster, or this process.
 */
export function untoldInCluster<Message extends string>(
  messages: readonly Message[],
  primaryPid: number,
): readonly Message[] {
  const known = toldBy(primaryPid)
  const groups = groupsOf(messages).filter((group) => !known.has(shortDigest(group.join('\n'))))
  // Otherwise, each of several processes could claim some of the same messages and log a line.
  if (groups.length > 1 && !isFirst(primaryPid, groups.flat())) return []
  return groups.flatMap((group) => (isFirst(primaryPid, group) ? group : []))
}

/** One group for each message, or a single group of more messages than the limit. */
function groupsOf<Message extends string>(messages: readonly Message[]): (readonly Message[])[] {
  if (messages.length > configLimits.toldMessages) return [messages]
  return messages.map((message) => [message])
}

function isFirst(pid: number, group: readonly string[]): boolean {
  const { claimEntries: mostEntries } = configLimits
  return isFirstToClaim({ parent: tmpdir(), pid, text: group.join('\n'), mostEntries })
}

function toldBy(primaryPid: number): ReadonlySet<string> {
  const [pid, ...digests] = (environment()[toldVariable] ?? '').split(' ')
  return new Set(pid === String(primaryPid) ? digests : [])
}
