import { randomBytes, randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import type { TestContext } from 'node:test'
import type * as Ioredis from 'ioredis'
import { encodePeerState, type PeerState } from '../../../src/share/peers/peer-state.ts'
import { redisKeysOf } from '../../../src/share/redis/keys.ts'
import type { RedisServer } from './redis.ts'
import { counted, sourceState } from './source-state.ts'
import { connection } from './standalone.ts'

export interface Fleet {
  /** The names of the clusters. */
  readonly instances: readonly string[]
  /** Number of rounds in which each cluster wrote its state. */
  readonly rounds: () => number
  /** From now on, each cluster writes this value. Resolves when all have written it. */
  readonly count: (value: number) => Promise<void>
  /** Ends the writing of one cluster without a final state. */
  readonly silence: (instance: string) => void
}

const { Redis } = createRequire(import.meta.url)('ioredis') as typeof Ioredis
const keys = redisKeysOf('gunicorn', connection)

/**
 * Writes the states of many clusters into Redis, as their primaries would, until the end of the
 * test. Each state has the size of a cluster of four workers.
 */
export async function startFleet(
  context: TestContext,
  redis: Pick<RedisServer, 'port'>,
  { number, intervalMs = 200 }: { readonly number: number; readonly intervalMs?: number },
): Promise<Fleet> {
  const clusters = Array.from({ length: number }, (_, index) => ({
    incarnation: randomUUID(),
    instance: `cluster-${index}`,
    startedAt: Date.now(),
    intervalMs,
  }))
  const writing = new Set(clusters)
  let [value, rounds, isEnding] = [1, 0, false]

  const client = new Redis({ port: redis.port, protocol: 2, retryStrategy: () => null })
  client.on('error', () => {})
  context.after(() => {
    isEnding = true
    client.disconnect()
  })

  async function write(): Promise<void> {
    rounds += 1
    const writtenAt = Date.now()
    const pipeline = client.pipeline()
    for (const cluster of writing) {
      const state = stateOf({ ...cluster, sequence: rounds, writtenAt }, value)
      pipeline.set(keys.source(cluster.incarnation), encodePeerState(state), 'PX', 300_000)
      pipeline.zadd(keys.index, writtenAt, cluster.incarnation)
    }
    await pipeline.exec()
  }

  async function writeAndRest(): Promise<void> {
    while (!isEnding) {
      await write()
      await new Promise((resolve) => setTimeout(resolve, intervalMs))
    }
  }

  // One of the clusters writes the page of all.
  await client.set(keys.forwarder, clusters[0]?.incarnation ?? '')
  writeAndRest().catch((error: unknown) => {
    // The server can end before this connection.
    if (!isEnding && client.status === 'ready') throw error
  })
  return {
    instances: clusters.map(({ instance }) => instance),
    rounds: () => rounds,
    async count(next) {
      value = next
      await write()
    },
    silence(instance) {
      for (const cluster of writing) if (cluster.instance === instance) writing.delete(cluster)
    },
  }
}

/** About 3 kB, which no compression makes smaller. */
const text = randomBytes(1_900).toString('base64url')

function stateOf(parts: Partial<PeerState>, value: number): PeerState {
  const large = { descriptor: { ...counted(0).descriptor, name: 'large', description: text } }
  return sourceState({
    ...parts,
    metrics: [counted(value), { ...large, points: [] }],
    retained: [],
  })
}
