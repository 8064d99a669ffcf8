import { isIP } from 'node:net'
import { isIntegerBetween } from '../../support/guards.ts'
import { textOf } from './command-step.ts'
import { labelOf, type NodeAddress } from './node-connection.ts'

/** A reply to CLUSTER SLOTS. */
export interface ClusterSlots {
  /** The master of the slot; undefined where the slot has no node. */
  readonly owner: NodeAddress | undefined
  /** All nodes that can be reached, masters and replicas. */
  readonly nodes: readonly NodeAddress[]
}

/**
 * @param asked the node that replied: a node that announces no address is this node.
 * @returns undefined where the value is no such reply.
 */
export function parseSlots(
  value: unknown,
  slot: number,
  asked: NodeAddress,
): ClusterSlots | undefined {
  if (!Array.isArray(value)) return undefined
  const found: NodeAddress[] = []
  let owner: NodeAddress | undefined
  for (const range of value) {
    if (!Array.isArray(range)) continue
    const [first, last, ...nodes]: unknown[] = range
    const addresses = nodes.map((node) => parseNode(node, asked))
    found.push(...addresses.flatMap((each) => each ?? []))
    if (Number(first) <= slot && slot <= Number(last)) [owner] = addresses
  }
  return { owner, nodes: found }
}

function parseNode(value: unknown, asked: NodeAddress): NodeAddress | undefined {
  if (!Array.isArray(value)) return undefined
  const [endpoint, port, , metadata]: unknown[] = value
  const { hostname, ip } = named(metadata)
  const host = hostOf(textOf(endpoint), ip) ?? asked.host
  if (!isIntegerBetween(port, 1, 65_535)) return undefined
  const address = { host, port }
  if (isSame(address, asked)) return asked
  const namedBy = labelOf({ host: asked.host, port: asked.port })
  // A certificate may be for the name, and the cluster tell clients the address.
  const isNamed = isIP(host) !== 0 && hostname !== undefined
  return { ...address, ...(isNamed && { servername: hostname }), namedBy }
}

export function isSame(one: NodeAddress, other: NodeAddress): boolean {
  return one.host === other.host && one.port === other.port
}

/** A node without a name says `?`. A node without an address says nothing. */
function hostOf(endpoint: string | undefined, ip: string | undefined): string | undefined {
  if (endpoint === '?') return ip
  return endpoint === '' ? undefined : endpoint
}

/** Names and values by turns. */
function named(metadata: unknown): { readonly hostname?: string; readonly ip?: string } {
  const texts = Array.isArray(metadata) ? metadata.map(textOf) : []
  const after = (name: string): string | undefined => {
    const at = texts.indexOf(name)
    return at % 2 === 0 ? texts[at + 1] || undefined : undefined
  }
  const [hostname, ip] = [after('hostname'), after('ip')]
  return { ...(hostname && { hostname }), ...(ip && { ip }) }
}
