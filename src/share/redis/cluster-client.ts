import { shareLimits } from '../../limits/share.ts'
import { isIntegerBetween } from '../../support/guards.ts'
import type { Client, Reply } from './client.ts'
import { isSame, parseSlots } from './cluster-slots.ts'
import { firstSuccess } from './first-success.ts'
import {
  labelOf,
  type NodeAddress,
  type NodeConnection,
  type NodeOptions,
  openNode,
} from './node-connection.ts'
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
  let node = await ownerOf(cluster, [])
  let isClosed = false
  return {
    isOpen: () => node.isOpen(),
    close() {
      isClosed = true
      node.close()
    },
    async send(commands) {
      const replies = await node.send(commands)
      const moved = [...replies.keys()].filter((index) => isMoved(replies[index]))
      const target = moved.flatMap((index) => targetOf(replies[index], node.address)).at(-1)
      if (target === undefined) return replies.map(node.located)
      node.close()
      node = await ownerOf(cluster, [target])
      if (isClosed) node.close()
      // A node executes no command that it answers with MOVED.
      const again = await node.send(commands.filter((_, index) => moved.includes(index)))
      const merged = new Map(moved.map((index, at) => [index, again[at]]))
      return replies.map((reply, index) => node.located(merged.get(index) ?? reply))
    },
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

function isMoved(reply: Reply | undefined): boolean {
  return reply !== undefined && 'error' in reply && reply.error.message.startsWith('MOVED ')
}

/** `MOVED slot host:port`. Without a host, the node is another port of the same host. */
function targetOf(reply: Reply | undefined, { host: asked, port }: NodeAddress): NodeAddress[] {
  const text = reply && 'error' in reply ? reply.error.message : ''
  const [, host, digits] = /^MOVED \d+ (\S*):(\d+)$/.exec(text) ?? []
  const target = Number(digits)
  if (host === undefined || !isIntegerBetween(target, 1, 65_535)) return []
  const namedBy = labelOf({ host: asked, port })
  return [{ host: host === '' || host === '?' ? asked : host, port: target, namedBy }]
}
