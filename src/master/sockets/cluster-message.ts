import { isNaturalNumber, isRecord } from '../../support/guards.ts'
import { keyOf } from './socket-key.ts'

/*
 * The messages of Node's own `cluster` that concern sockets. Node 20, 22, 24 and 26 send the same
 * fields.
 */

/** A worker asks the primary to listen. */
export interface ListenQuery {
  /** Identifies the socket in the primary, see `socket-key.ts`. */
  readonly key: string
  /** An IP address or the path of a unix socket; undefined for every address. */
  readonly address: string | undefined
  /** -1 for a unix socket; undefined for a descriptor. */
  readonly port: number | undefined
  /** The descriptor of the primary that the application names. */
  readonly descriptor: number | undefined
  readonly isUdp: boolean
}

export type FromWorker =
  | { readonly kind: 'query'; readonly query: ListenQuery }
  | { readonly kind: 'close'; readonly key: string }
  /** The answer to a connection. A worker that no longer listens refuses the connection. */
  | { readonly kind: 'answer'; readonly sequence: number; readonly isAccepted: boolean }

/** A connection on the way to a worker. */
export interface HandOver {
  readonly key: string
  readonly sequence: number
}

const command = 'NODE_CLUSTER'

/** @returns undefined for every other message. */
export function parseFromWorker(message: unknown): FromWorker | undefined {
  if (!isRecord(message) || message['cmd'] !== command) return undefined
  const { act, key, ack, accepted } = message
  if (act === 'queryServer') return { kind: 'query', query: queryOf(message) }
  if (act === 'close' && typeof key === 'string') return { kind: 'close', key: keyOf(key) }
  if (!isNaturalNumber(ack) || typeof accepted !== 'boolean') return undefined
  return { kind: 'answer', sequence: ack, isAccepted: accepted }
}

/** @returns undefined for every other message to a worker. */
export function parseHandOver(message: unknown): HandOver | undefined {
  if (!isRecord(message) || message['cmd'] !== command || message['act'] !== 'newconn') {
    return undefined
  }
  const { key, seq } = message
  return typeof key === 'string' && isNaturalNumber(seq)
    ? { key: keyOf(key), sequence: seq }
    : undefined
}

/** The answer of a worker that does not take a connection. */
export function refusal({ sequence }: HandOver): object {
  return { cmd: command, ack: sequence, accepted: false }
}

function queryOf(message: Readonly<Record<string, unknown>>): ListenQuery {
  const { address, port, addressType, fd, index } = message
  return {
    key: keyOf(`${address}:${port}:${addressType}:${fd}:${index}`),
    address: typeof address === 'string' ? address : undefined,
    port: typeof port === 'number' ? port : undefined,
    descriptor: typeof fd === 'number' && fd >= 0 ? fd : undefined,
    isUdp: addressType === 'udp4' || addressType === 'udp6',
  }
}
