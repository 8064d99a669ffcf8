import type * as Ioredis from 'ioredis'
import { loadPackage, ownPlace } from '../../files/load-package.ts'
import { shareLimits } from '../../limits/share.ts'
import { accessOf } from './access.ts'
import type { Client } from './client.ts'
import { openCluster } from './cluster-client.ts'
import { hashSlot } from './hash-slot.ts'
import {
  type NodeAddress,
  type NodeConnection,
  type NodeOptions,
  openNode,
} from './node-connection.ts'
import type { ConnectionSettings } from './redis-settings.ts'
import { masterOf } from './sentinels.ts'

/** Replaced in tests. */
export interface ClientOptions {
  /** Default: the class of ioredis. */
  readonly Redis?: typeof Ioredis.Redis
  /** Default: shareLimits.redisConnectMs. */
  readonly connectMs?: number
  /** Default: shareLimits.redisReplyMs. */
  readonly replyMs?: number
}

/**
 * Returns a function that connects to Redis. The function throws where that fails, or where one
 * step takes longer than shareLimits.redisConnectMs.
 */
export function clientOpener(
  given: ClientOptions = {},
): (settings: ConnectionSettings) => Promise<Client> {
  const known: NodeAddress[] = []
  const staggerMs = shareLimits.redisStaggerMs
  let attempts = 0
  return async (settings) => {
    const { topology, hasTls } = settings
    const access = accessOf(settings, { login: settings, hasTls })
    const options = { ...optionsOf(given), access, db: settings.db }
    if (topology.kind === 'standalone') return clientOf(await openNode(topology.node, options))
    const turn = attempts
    attempts += 1
    if (topology.kind === 'cluster') {
      const [nodes, slot] = [rotated(topology.nodes, turn), hashSlot(topology.hashTag)]
      return await openCluster({ nodes, slot, options, staggerMs, known })
    }
    const sentinels = rotated(topology.sentinels, turn)
    const ofSentinels = { ...options, access: accessOf(settings, topology), db: 0 }
    const { name } = topology
    const master = await masterOf({ sentinels, name, options: ofSentinels, staggerMs })
    return clientOf(await openNode(master, options))
  }
}

function optionsOf({
  Redis = loadIoredis(),
  connectMs = shareLimits.redisConnectMs,
  replyMs = shareLimits.redisReplyMs,
}: ClientOptions): Omit<NodeOptions, 'access' | 'db'> {
  return { Redis, connectMs, replyMs }
}

/** A server that is cut off from the others may name a wrong server, so each attempt moves on. */
function rotated<T>(servers: readonly T[], turn: number): T[] {
  const start = turn % servers.length
  return [...servers.slice(start), ...servers.slice(0, start)]
}

function loadIoredis(): typeof Ioredis.Redis {
  return (loadPackage('ioredis', [ownPlace]) as typeof Ioredis).Redis
}

function clientOf({ send, located, isOpen, close }: NodeConnection): Client {
  return { isOpen, close, send: async (commands) => (await send(commands)).map(located) }
}
