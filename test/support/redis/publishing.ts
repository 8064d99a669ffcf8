import assert from 'node:assert/strict'
import type { Metric } from '../../../src/model/metric.ts'
import {
  encodePeerState,
  type PeerState,
  parsePeerState,
} from '../../../src/share/peers/peer-state.ts'
import { Publisher } from '../../../src/share/publisher.ts'
import { type RedisKeys, redisKeysOf } from '../../../src/share/redis/keys.ts'
import { encodeLease } from '../../../src/share/succession/lease.ts'
import {
  ownProcessIdentity,
  type ProcessIdentity,
} from '../../../src/support/process/process-identity.ts'
import { exchange } from './exchange.ts'
import { MemoryRedis } from './memory-redis.ts'
import { counted, incarnations, sourceState } from './source-state.ts'
import { connection } from './standalone.ts'

export const keys: RedisKeys = redisKeysOf('gunicorn', connection)
const own = ownProcessIdentity()
const dead: ProcessIdentity = { ...own, pid: 2 ** 22 + 1 }
/** A process in another pid namespace. */
export const elsewhere: ProcessIdentity = { ...own, pidNamespace: 'another host' }
export const before: string = incarnations[0]

export interface Publishing {
  readonly redis: MemoryRedis
  readonly time: { ms: number }
  readonly notices: string[]
  readonly facts: { isNameTaken: boolean; metrics: Metric[] }
  readonly publisher: Publisher
  /** The state in Redis. */
  readonly stored: () => PeerState
  readonly leaseKey: () => string
}

interface PublishingOptions {
  readonly ttlMs?: number | undefined
  readonly instance?: string
  readonly redis?: MemoryRedis
}

export function publishing({
  ttlMs,
  instance,
  redis = new MemoryRedis(),
}: PublishingOptions = {}): Publishing {
  const time = { ms: 1_000 }
  const notices: string[] = []
  const facts = { isNameTaken: false, metrics: [counted(2)] as Metric[] }
  const publisher = new Publisher({
    settings: {
      prefix: 'gunicorn',
      ttlMs,
      collectIntervalMs: 1_000,
      forwardIntervalMs: 1_000,
      serviceSlot: { service: 'shop', host: 'host', address: 'a:1', directory: '/srv', instance },
      usesSlots: false,
      keepWorkerId: false,
      mergeRules: [],
    },
    keys,
    collect: () => facts.metrics,
    isNameTaken: () => facts.isNameTaken,
    onNotice: (text) => notices.push(text),
    clock: { now: () => time.ms },
  })
  const stored = (): PeerState => {
    const state = parsePeerState(redis.values.get(keys.source(publisher.incarnation)))
    assert.ok(typeof state === 'object', String(state))
    return state
  }
  const leaseKey = (): string =>
    [...redis.values.keys()].find((key) => key.includes(':lease:')) ?? assert.fail('no lease')
  return { redis, time, notices, facts, publisher, stored, leaseKey }
}

/** A Redis in which the first lease of the slot belongs to a predecessor. */
export async function withPredecessor(process: ProcessIdentity = dead): Promise<MemoryRedis> {
  const { redis, publisher, leaseKey } = publishing()
  await exchange(redis, publisher)
  const lease = { incarnation: before, instance: 'host-before', predecessors: [], ...process }
  redis.values.set(leaseKey(), Buffer.from(encodeLease(lease)))
  const state = sourceState({ incarnation: before, metrics: [counted(5)], retained: [] })
  redis.values.set(keys.source(before), encodePeerState(state))
  redis.values.delete(keys.source(publisher.incarnation))
  redis.sets.set(keys.index, new Map([[before, 1]]))
  return redis
}

export function nameOf({ identity }: Publisher): Publisher['identity'] {
  return identity
}

export function totalsOf(metrics: readonly Metric[]): unknown[] {
  return metrics.map(({ points }) => points[0]?.value)
}
