import { isIntegerBetween } from '../../support/guards.ts'
import { textOf } from './command-step.ts'
import { firstSuccess } from './first-success.ts'
import { labelOf, type NodeAddress, type NodeOptions, openNode } from './node-connection.ts'
import type { Node } from './redis-settings.ts'

export interface SentinelQuestion {
  readonly sentinels: readonly Node[]
  /** The name of the master. */
  readonly name: string
  readonly options: NodeOptions
  readonly staggerMs: number
}

/**
 * The address of the master, as the first Sentinel that knows the master says.
 * @throws where no Sentinel does.
 */
export async function masterOf(question: SentinelQuestion): Promise<NodeAddress> {
  return await firstSuccess(question.sentinels, {
    attempt: (sentinel) => ask(sentinel, question),
    discard: () => {},
    staggerMs: question.staggerMs,
  })
}

async function ask(sentinel: Node, { name, options }: SentinelQuestion): Promise<NodeAddress> {
  const connection = await openNode(sentinel, options)
  try {
    const command = ['SENTINEL', 'get-master-addr-by-name', name] as const
    const [reply] = (await connection.send([command])).map(connection.located)
    if (reply && 'error' in reply) throw reply.error
    const master = parseAddress(reply?.value)
    if (master) return { ...master, namedBy: `Sentinel ${labelOf(sentinel)}` }
    throw new Error(`${labelOf(sentinel)}: the Sentinel knows no master named ${name}`)
  } finally {
    connection.close()
  }
}

function parseAddress(value: unknown): Node | undefined {
  if (!Array.isArray(value)) return undefined
  const [host, port] = [textOf(value[0]), Number(textOf(value[1]))]
  return host && isIntegerBetween(port, 1, 65_535) ? { host, port } : undefined
}
