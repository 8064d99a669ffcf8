import { shareLimits } from '../../limits/share.ts'
import type { Client, RedisCommand, Reply } from './client.ts'
import { isSame, parseSlots } from './cluster-slots.ts'
import { firstSuccess } from './first-success.ts'
import {
  labelOf,
  type NodeAddress,
  type NodeConnection,
  type NodeOptions,
  openNode,
} from './node-connection.ts'
import { merged, partOf, redirectionOf } from './redirection.ts'
import type { Node } from './redis-settings.ts'

export interface ClusterOptions {
  /** The nodes of the settings. */
  readonly nodes: readonly Node[]
  /** The slot of all keys. */
  readonly slot: number
  readonly options: NodeOptions
  readonly staggerMs: number
  /** Nodes of an earlier connection. Changes with each connection. */
  readonly known: NodeAddress[]
}

/**
 * Connects to the node of a Redis Cluster that has all keys. Follows the keys to another node.
 * @throws where no node answers, or where the node of the keys cannot be reached.
 */
export async function openCluster(cluster: ClusterOptions): Promise<Client> {
  return new ClusterClient(cluster, await ownerOf(cluster, []))
}

class ClusterClient implements Client {
  readonly #cluster: ClusterOptions
  #node: NodeConnection
  /** While the slot moves together with its keys: the node that gets the keys. */
  #importing: NodeConnection | undefined
  #isClosed = false

  constructor(cluster: ClusterOptions, node: NodeConnection) {
    this.#cluster = cluster
    this.#node = node
  }

  isOpen(): boolean {
    return this.#node.isOpen()
  }

  close(): void {
    this.#isClosed = true
    this.#drop()
  }

  readonly send = async (commands: readonly RedisCommand[]): Promise<Reply[]> => {
    const replies = await this.#node.send(commands)
    const moved = redirectionOf('MOVED', replies, this.#node.address)
    if (!moved) return await this.#ask(commands, replies)
    this.#drop()
    this.#node = await ownerOf(this.#cluster, [moved.target])
    if (this.#isClosed) this.#drop()
    const again = await this.#node.send(partOf(commands, moved.indexes))
    return await this.#ask(commands, merged(replies, moved.indexes, again))
  }

  /** Sends to the next node of the keys what the node does not have, or no longer has. */
  async #ask(commands: readonly RedisCommand[], replies: readonly Reply[]): Promise<Reply[]> {
    const { located, address } = this.#node
    const asked = redirectionOf('ASK', replies, address)
    if (!asked) return replies.map(located)
    const importing = await this.#importingNode(asked.target)
    const pairs = partOf(commands, asked.indexes).flatMap((each) => [['ASKING'] as const, each])
    const again = (await importing.send(pairs)).map(importing.located)
    const answers = asked.indexes.flatMap((_, at) => {
      const [asking, answer] = again.slice(2 * at)
      return (asking && 'error' in asking ? asking : answer) ?? []
    })
    return merged(replies.map(located), asked.indexes, answers)
  }

  async #importingNode(target: NodeAddress): Promise<NodeConnection> {
    const open = this.#importing
    if (open?.isOpen() && isSame(open.address, target)) return open
    open?.close()
    const importing = await openNode(target, this.#cluster.options)
    this.#importing = importing
    if (this.#isClosed) this.#drop()
    return importing
  }

  #drop(): void {
    this.#node.close()
    this.#importing?.close()
    this.#importing = undefined
  }
}

/** Asks one node after the other for the node of the keys, and connects to this node. */
async function ownerOf(
  { nodes, slot, options, staggerMs, known }: ClusterOptions,
  first: readonly NodeAddress[],
): Promise<NodeConnection> {
  const { owner, seen } = await firstSuccess(distinct([...first, ...nodes, ...known]), {
    attempt: (candidate) => ownerBy(candidate, slot, options),
    discard: (late) => late.owner.close(),
    staggerMs,
  })
  known.splice(0, known.length, ...distinct(seen).slice(0, shareLimits.redisKnownNodes))
  return owner
}

interface Found {
  readonly owner: NodeConnection
  readonly seen: readonly NodeAddress[]
}

async function ownerBy(candidate: NodeAddress, slot: number, options: NodeOptions): Promise<Found> {
  const connection = await openNode(candidate, options)
  try {
    const { owner, nodes: seen } = await slotsOf(connection, slot)
    if (owner === candidate) return { owner: connection, seen }
    connection.close()
    return { owner: await openNode(owner, options), seen }
  } catch (error) {
    connection.close()
    throw error
  }
}

async function slotsOf(
  connection: NodeConnection,
  slot: number,
): Promise<{ readonly owner: NodeAddress; readonly nodes: readonly NodeAddress[] }> {
  const [reply] = (await connection.send([['CLUSTER', 'SLOTS']])).map(connection.located)
  if (reply && 'error' in reply) throw reply.error
  const slots = parseSlots(reply?.value, slot, connection.address)
  const { owner, nodes = [] } = slots ?? {}
  if (owner) return { owner, nodes }
  throw new Error(`${labelOf(connection.address)}: no node of the cluster has slot ${slot}`)
}

function distinct(nodes: readonly NodeAddress[]): NodeAddress[] {
  return nodes.filter((node, at) => nodes.findIndex((each) => isSame(each, node)) === at)
}
