import { createHash } from 'node:crypto'
import { shareLimits } from '../../limits/share.ts'
import { type PeerState, parsePeerState } from '../peers/peer-state.ts'
import type { ServiceSlot } from '../peers/service-slot.ts'
import type { Client } from '../redis/client.ts'
import type { RedisKeys } from '../redis/keys.ts'
import type { Lease } from './lease.ts'
import { type FoundLease, LeaseStore, type SlotLeases } from './lease-store.ts'
import { isSameProcess, LivenessCheck, type LivenessOptions } from './liveness.ts'

export interface NameAcquisitionOptions extends LivenessOptions {
  readonly keys: RedisKeys
  readonly serviceSlot: ServiceSlot
  readonly ttlMs: number | undefined
}

/** The name of a process, with its lease and the totals to continue. */
export interface AcquiredLease {
  readonly instance: string
  /** Key of the lease; undefined where all leases of the slot are taken. */
  readonly lease: string | undefined
  /** The continued incarnations, the latest first. */
  readonly predecessors: readonly string[]
  /**
   * The last state of the predecessors; undefined where none is readable or none is to be added.
   */
  readonly previous: PeerState | undefined
}

/** The name that a process already uses, where it could not wait for a lease. */
export interface CurrentName {
  readonly incarnation: string
  readonly instance: string | undefined
  readonly predecessors: readonly string[]
}

/**
 * Finds the predecessor of a process: a process of the same service slot that is gone. The slot is
 * the service with the given `service.instance.id`, or else with host, address and working
 * directory. A predecessor has one successor: the first process that writes its incarnation by `SET
 * NX`.
 */
export class NameAcquisition {
  readonly #options: NameAcquisitionOptions
  readonly #slot: string
  readonly #liveness: LivenessCheck
  /**
   * Whether the predecessor is an earlier exporter thread of this process, whose workers still run.
   */
  #continuesOwnThread = false

  constructor(options: NameAcquisitionOptions) {
    this.#options = options
    this.#liveness = new LivenessCheck(options)
    this.#slot = digestOf(options.serviceSlot)
  }

  /**
   * The name of a process without a predecessor.
   * @param number of the lease in the slot.
   */
  nameOf(incarnation: string, number: number): string {
    const { instance, host } = this.#options.serviceSlot
    if (instance !== undefined && number === 0) return instance
    return `${instance ?? host}-${incarnation.slice(0, 8)}`
  }

  /**
   * @returns undefined while the liveness of a predecessor is unknown.
   * Rejects where Redis does not answer, or answers with an error.
   */
  async attempt(send: Client['send'], current: CurrentName): Promise<AcquiredLease | undefined> {
    const { keys, ttlMs } = this.#options
    const store = new LeaseStore({ send, keys, ttlMs })
    const leases = await store.read(this.#slot)
    const candidates = leases.found.filter(({ lease }) => this.#mayTake(lease, current))
    const begun = candidates.find((each) => isBegun(each, current))
    if (begun) return await this.#continue(store, begun, current)
    let mustWait = false
    for (const each of candidates) {
      const liveness = this.#liveness.of(each)
      mustWait ||= liveness === 'unknown'
      const acquired = liveness === 'gone' ? await this.#continue(store, each, current) : undefined
      if (acquired) return acquired
    }
    return mustWait ? undefined : await this.#start(store, leases, current)
  }

  /** A process keeps its own name after the page has shown the name. */
  #mayTake(lease: Lease, { incarnation, instance }: CurrentName): boolean {
    if (instance === undefined || instance === this.#options.serviceSlot.instance) return true
    return lease.incarnation === incarnation && lease.instance === instance
  }

  /** @returns undefined where another process became the successor first. */
  async #continue(
    store: LeaseStore,
    { key, lease, bytes, successor }: FoundLease,
    current: CurrentName,
  ): Promise<AcquiredLease | undefined> {
    const { incarnation } = current
    const isOwnLease = lease.incarnation === incarnation
    if (!isOwnLease) {
      const isSuccessor =
        successor === incarnation || (await store.addSuccessor(lease.incarnation, incarnation))
      if (!isSuccessor) return undefined
      this.#continuesOwnThread = isSameProcess(lease, this.#options.process)
    }
    const predecessors = predecessorsOf(lease, current)
    // A predecessor that ended before its first write leaves the states of earlier predecessors.
    const states = [bytes, ...(bytes.length > 0 ? [] : await store.states(lease.predecessors))]
    const { instance } = lease
    if (!isOwnLease) {
      await store.replace(key, { ...this.#options.process, incarnation, instance, predecessors })
    }
    // Running workers report the totals of an earlier thread again. A process that has shown totals
    // under its name cannot add the totals of a predecessor later.
    const isCounted = this.#continuesOwnThread || current.instance !== undefined
    const previous = isCounted ? undefined : firstState(states)
    return { instance, lease: key, predecessors, previous }
  }

  /**
   * Takes a free lease of the slot. Keeps the predecessors: readers remember predecessors for
   * longer than a lease.
   */
  async #start(
    store: LeaseStore,
    { entries }: SlotLeases,
    { incarnation, instance: currentInstance, predecessors }: CurrentName,
  ): Promise<AcquiredLease> {
    const { process, serviceSlot } = this.#options
    const keptInstance = currentInstance === serviceSlot.instance ? undefined : currentInstance
    for (const [number, { key, text }] of entries.entries()) {
      if (text !== undefined) continue
      const instance = keptInstance ?? this.nameOf(incarnation, number)
      const isAdded = await store.add(key, { ...process, incarnation, instance, predecessors })
      if (isAdded) return { instance, lease: key, predecessors, previous: undefined }
    }
    const instance = currentInstance ?? this.nameOf(incarnation, shareLimits.leases)
    return { instance, lease: undefined, predecessors, previous: undefined }
  }
}

function digestOf({ instance, service, host, address, directory }: ServiceSlot): string {
  const parts = instance === undefined ? [service, host, address, directory] : [service, instance]
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22)
}

/** Whether an earlier attempt of this process took the lease, and then failed or got no answer. */
function isBegun({ lease, successor }: FoundLease, { incarnation }: CurrentName): boolean {
  return successor === incarnation || lease.incarnation === incarnation
}

function predecessorsOf(lease: Lease, { incarnation, predecessors }: CurrentName): string[] {
  const all = new Set([lease.incarnation, ...lease.predecessors, ...predecessors])
  all.delete(incarnation)
  return [...all].slice(0, shareLimits.predecessors)
}

function firstState(values: readonly Buffer[]): PeerState | undefined {
  for (const value of values) {
    const state = parsePeerState(value)
    if (typeof state === 'object') return state
  }
  return undefined
}
