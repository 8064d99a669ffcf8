import { shareLimits } from '../../limits/share.ts'
import type { Client, RedisCommand } from '../redis/client.ts'
import { expiry, isDone, textOf } from '../redis/command-step.ts'
import type { RedisKeys } from '../redis/keys.ts'
import { encodeLease, type Lease, leaseChars, parseLease } from './lease.ts'
import type { ObservedLease } from './liveness.ts'

export interface LeaseStoreOptions {
  readonly send: Client['send']
  readonly keys: RedisKeys
  readonly ttlMs: number | undefined
}

/** A lease, found under a key of the service slot. */
export interface FoundLease extends ObservedLease {
  readonly key: string
}

/** The leases of a service slot as read. */
export interface SlotLeases {
  /** Every key of the slot. Undefined text: the key is free. */
  readonly entries: readonly SlotEntry[]
  /** The valid leases among the entries. */
  readonly found: readonly FoundLease[]
}

interface SlotEntry {
  readonly key: string
  readonly text: string | undefined
}

/** Characters of an incarnation, plus 1. */
const incarnationChars = 36

/**
 * Reads and writes leases, successors and states in Redis. Each method rejects with the first error
 * reply.
 */
export class LeaseStore {
  readonly #options: LeaseStoreOptions

  constructor(options: LeaseStoreOptions) {
    this.#options = options
  }

  /** @param slot digest of the service slot. */
  async read(slot: string): Promise<SlotLeases> {
    const { keys } = this.#options
    const names = Array.from({ length: shareLimits.leases }, (_, number) =>
      keys.lease(slot, number),
    )
    // While a slot of a Redis Cluster moves, no node has all keys, and refuses MGET.
    const texts = await this.#send(names.map((key) => ['GETRANGE', key, 0, leaseChars]))
    const entries = names.map((key, number) => ({ key, text: textOf(texts[number]) || undefined }))
    return { entries, found: await this.#observe(entries) }
  }

  /** States of the incarnations; empty buffers where Redis has none. */
  async states(incarnations: readonly string[]): Promise<Buffer[]> {
    const replies = await this.#send(incarnations.map((each) => this.#readState(each)))
    return replies.map(bufferOf)
  }

  /** Makes an incarnation the successor of another. @returns false where a third was first. */
  async addSuccessor(predecessor: string, incarnation: string): Promise<boolean> {
    const key = this.#options.keys.successor(predecessor)
    const [reply] = await this.#send([
      ['SET', key, incarnation, 'NX', 'PX', shareLimits.successorMs],
    ])
    return isDone(reply)
  }

  async replace(key: string, lease: Lease): Promise<void> {
    await this.#send([['SET', key, encodeLease(lease), ...expiry(this.#options.ttlMs)]])
  }

  /** Writes a lease under a free key. @returns false where another process was first. */
  async add(key: string, lease: Lease): Promise<boolean> {
    const { ttlMs } = this.#options
    const [reply] = await this.#send([['SET', key, encodeLease(lease), 'NX', ...expiry(ttlMs)]])
    return isDone(reply)
  }

  async #observe(entries: readonly SlotEntry[]): Promise<FoundLease[]> {
    const valid = entries.flatMap(({ key, text }) => {
      const lease = parseLease(text)
      return lease ? [{ key, lease }] : []
    })
    const { keys } = this.#options
    const replies = await this.#send(
      valid.flatMap(({ lease: { incarnation } }): RedisCommand[] => [
        this.#readState(incarnation),
        ['GETRANGE', keys.successor(incarnation), 0, incarnationChars],
      ]),
    )
    return valid.map((each, index) => {
      const [bytes, successor] = replies.slice(2 * index)
      return { ...each, bytes: bufferOf(bytes), successor: textOf(successor) ?? '' }
    })
  }

  #readState(incarnation: string): RedisCommand {
    return ['GETRANGE', this.#options.keys.source(incarnation), 0, shareLimits.peerStateBytes]
  }

  async #send(commands: readonly RedisCommand[]): Promise<unknown[]> {
    if (commands.length === 0) return []
    const replies = await this.#options.send(commands)
    return replies.map((reply) => {
      if ('error' in reply) throw reply.error
      return reply.value
    })
  }
}

function bufferOf(value: unknown): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0)
}
