import { isIntegerBetween } from '../../support/guards.ts'
import type { RedisCommand, Reply } from './client.ts'
import { labelOf, type NodeAddress } from './node-connection.ts'

/** Commands that a node did not execute, since another node has the keys. */
export interface Redirection {
  /** Places of the commands, at least one. */
  readonly indexes: readonly number[]
  readonly target: NodeAddress
}

/** MOVED = the target has the slot. ASK = the target gets the slot, key by key. */
type Kind = 'MOVED' | 'ASK'

/** @param asked the node that replied. */
export function redirectionOf(
  kind: Kind,
  replies: readonly Reply[],
  asked: NodeAddress,
): Redirection | undefined {
  const targets = replies.map((reply) => targetOf(kind, reply, asked))
  const indexes = [...targets.keys()].filter((index) => targets[index] !== undefined)
  const target = targets.findLast((each) => each !== undefined)
  return target && { indexes, target }
}

export function partOf(
  commands: readonly RedisCommand[],
  indexes: readonly number[],
): RedisCommand[] {
  return commands.filter((_, index) => indexes.includes(index))
}

/** The replies, with the later replies at these places. */
export function merged(
  replies: readonly Reply[],
  indexes: readonly number[],
  later: readonly Reply[],
): Reply[] {
  const laterAt = new Map(indexes.map((index, at) => [index, later[at]]))
  return replies.map((reply, index) => laterAt.get(index) ?? reply)
}

/** `MOVED slot host:port`. Without a host, the node is another port of the same host. */
function targetOf(
  kind: Kind,
  reply: Reply,
  { host: asked, port }: NodeAddress,
): NodeAddress | undefined {
  const text = 'error' in reply ? reply.error.message : ''
  const [, name, host, digits] = /^(MOVED|ASK) \d+ (\S*):(\d+)$/.exec(text) ?? []
  const target = Number(digits)
  if (name !== kind || host === undefined || !isIntegerBetween(target, 1, 65_535)) return undefined
  const namedBy = labelOf({ host: asked, port })
  return { host: host === '' || host === '?' ? asked : host, port: target, namedBy }
}
