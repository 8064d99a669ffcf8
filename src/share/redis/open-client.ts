import type * as Ioredis from 'ioredis'
import { loadPackage } from '../../files/load-package.ts'
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
  const { connectMs = shareLimits.redisConnectMs, replyMs = shareLimits.redisReplyMs } = given
  const known: NodeAddress[] = []
  const staggerMs = shareLimits.redisStaggerMs
  return async (settings) => {
    const { Redis = loadIoredis() } = given
    const { topology, db, hasTls } = settings
    const access = accessOf(settings, { login: settings, hasTls })
    const options: NodeOptions = { Redis, access, db, connectMs, replyMs }
    if (topology.kind === 'standalone') return clientOf(await openNode(topology.node, options))
    if (topology.kind === 'cluster') {
      const { nodes, hashTag } = topology
      return await openCluster({ nodes, slot: hashSlot(hashTag), options, staggerMs, known })
    }
    const { sentinels, name } = topology
    const ofSentinels = { ...options, access: accessOf(settings, topology), db: 0 }
    const master = await masterOf({ sentinels, name, options: ofSentinels, staggerMs })
    return clientOf(await openNode(master, options))
  }
}

function loadIoredis(): typeof Ioredis.Redis {
  return (loadPackage('ioredis', [() => import.meta.url]) as typeof Ioredis).Redis
}

function clientOf({ send, located, isOpen, close }: NodeConnection): Client {
  return { isOpen, close, send: async (commands) => (await send(commands)).map(located) }
}
