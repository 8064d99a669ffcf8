import { createHash } from 'node:crypto'
import { shareLimits } from '../../limits/share.ts'
import type { ProcessIdentity } from '../../support/process-identity.ts'
import { type PeerState, parsePeerState } from '../peers/peer-state.ts'
import type { ServiceSlot } from '../peers/service-slot.ts'
import type { Client, RedisCommand } from '../redis/client.ts'
import { expiry, isDone, textOf } from '../redis/command-step.ts'
import type { RedisKeys } from '../redis/keys.ts'
import { encodeLease, type Lease, parseLease } from './lease.ts'
import { isSameProcess, LivenessCheck, type ObservedLease } from './liveness.ts'

export interface NameAcquisitionOptions {
  readonly keys: RedisKeys
  readonly serviceSlot: ServiceSlot
  readonly ttlMs: number | undefined
  readonly process: ProcessIdentity
}

/** What a process has found at its place. */
export interface AcquiredLease {
  readonly instance: string
  /** Key of the lease; undefined where all are taken. */
  readonly lease: string | undefined
  /** The incarnations that are continued, the latest first. */
  readonly predecessors: readonly string[]
  /** What they wrote last, where that can be read. */
  readonly previous: PeerState | undefined
}

/** Whose name a process already bears, because it could not wait. */
export interface CurrentName {
  readonly incarnation: string
  readonly instance: string | undefined
  readonly predecessors: readonly string[]
}

interface FoundLease extends ObservedLease {
  readonly key: string
}

type Send = Client['send']

/**
 * Finds the process whose place this is: the one that had the same service, host, address and working directory,
 * or the same given `service.instance.id`, and is gone. Two processes never continue the same one: who comes first, by
 * `SET NX` on its successor, does.
 */
export class NameAcquisition {
  readonly #options: NameAcquisitionOptions
  readonly #place: string
  readonly #liveness: LivenessCheck
  /** Whether the one that is continued is an earlier thread of this very process, whose workers live. */
  #isAgain = false

  constructor(options: NameAcquisitionOptions) {
    this.#options = options
    this.#liveness = new LivenessCheck(options.process)
    const { instance, service, host, address, directory } = options.serviceSlot
    const named = instance === undefined ? [service, host, address, directory] : [service, instance]
    this.#place = createHash('sha256')
      .update(JSON.stringify(named))
      .digest('base64url')
      .slice(0, 22)
  }

  /** The name of a process that continues nobody. @param number how many others have the same place. */
  nameOf(incarnation: string, number: number): string {
    const { instance, host } = this.#options.serviceSlot
    if (instance !== undefined && number === 0) return instance
    return `${instance ?? host}-${incarnation.slice(0, 8)}`
  }

  /**
   * @returns undefined where a predecessor has to be watched for a while before it counts as gone.
   * Rejects where Redis does not answer, or refuses.
   */
  async attempt(send: Send, currentName: CurrentName): Promise<AcquiredLease | undefined> {
    const keys = Array.from({ length: shareLimits.leases }, (_, number) =>
      this.#options.keys.lease(this.#place, number),
    )
    const texts = (await ask(send, [['MGET', ...keys]]))[0]
    const leases = keys.map((key, number) => ({ key, text: textOf((texts as unknown[])[number]) }))
    const all = await this.#look(send, leases)
    const found = all.filter(({ lease }) => this.#mayBear(lease, currentName))
    const begun = found.find((each) => isBegun(each, currentName))
    if (begun) return await this.#inherit(send, begun, currentName)
    let mustWait = false
    for (const each of found) {
      const liveness = this.#liveness.of(each)
      mustWait ||= liveness === 'unknown'
      const acquired =
        liveness === 'gone' ? await this.#inherit(send, each, currentName) : undefined
      if (acquired) return acquired
    }
    if (mustWait) return undefined
    return await this.#settleDown(send, leases, currentName)
  }

  /** Whoever has shown itself under a name of its own stays with it. */
  #mayBear(lease: Lease, { incarnation, instance }: CurrentName): boolean {
    if (instance === undefined || instance === this.#options.serviceSlot.instance) return true
    return lease.incarnation === incarnation && lease.instance === instance
  }

  async #look(
    send: Send,
    leases: readonly { readonly key: string; readonly text: string | undefined }[],
  ): Promise<FoundLease[]> {
    const known = leases.flatMap(({ key, text }) => {
      const lease = parseLease(text)
      return lease ? [{ key, lease }] : []
    })
    if (known.length === 0) return []
    const { keys } = this.#options
    const answers = await ask(
      send,
      known.flatMap(({ lease: { incarnation } }): RedisCommand[] => [
        this.#read(incarnation),
        ['GETRANGE', keys.successor(incarnation), 0, maxIncarnation],
      ]),
    )
    return known.map((each, index) => {
      const [bytes, successor] = answers.slice(2 * index)
      return {
        ...each,
        bytes: Buffer.isBuffer(bytes) ? bytes : Buffer.alloc(0),
        successor: textOf(successor) ?? '',
      }
    })
  }

  /** @returns undefined where another one was faster. */
  async #inherit(
    send: Send,
    found: FoundLease,
    currentName: CurrentName,
  ): Promise<AcquiredLease | undefined> {
    const { key, lease, bytes } = found
    const { incarnation, instance: currentInstance } = currentName
    const isOurs = lease.incarnation === incarnation
    if (!isOurs) {
      if (!(await this.#win(send, found, incarnation))) return undefined
      this.#isAgain = isSameProcess(lease, this.#options.process)
    }
    const all = new Set([lease.incarnation, ...lease.predecessors, ...currentName.predecessors])
    all.delete(incarnation)
    const predecessors = [...all].slice(0, shareLimits.predecessors)
    const { instance } = lease
    const text = encodeLease({
      incarnation: incarnation,
      instance,
      predecessors: predecessors,
      ...this.#options.process,
    })
    // One that had died before it wrote: what it was to continue is still there.
    const unread = bytes.length > 0 ? [] : lease.predecessors
    const left = await ask(send, [
      ...unread.map((each) => this.#read(each)),
      ...(isOurs ? [] : [['SET', key, text, ...expiry(this.#options.ttlMs)] as const]),
    ])
    const sources = [bytes, ...left.slice(0, unread.length)].map(parsePeerState)
    const state = sources.find((each) => typeof each === 'object')
    // Its counts are also what the live workers say again; and what was shown without cannot be added later.
    const isKnown = this.#isAgain || currentInstance !== undefined
    return {
      instance,
      lease: key,
      predecessors: predecessors,
      previous: isKnown ? undefined : state,
    }
  }

  async #win(send: Send, { lease, successor }: FoundLease, incarnation: string): Promise<boolean> {
    if (successor === incarnation) return true
    const key = this.#options.keys.successor(lease.incarnation)
    const [won] = await ask(send, [['SET', key, incarnation, 'NX', 'PX', shareLimits.successorMs]])
    return isDone(won)
  }

  #read(incarnation: string): RedisCommand {
    return ['GETRANGE', this.#options.keys.source(incarnation), 0, shareLimits.peerStateBytes]
  }

  async #settleDown(
    send: Send,
    leases: readonly { readonly key: string; readonly text: string | undefined }[],
    { incarnation, instance: currentInstance, predecessors }: CurrentName,
  ): Promise<AcquiredLease> {
    const { process: life, ttlMs } = this.#options
    // Readers remember whom it continues for longer than it may have had a lease.
    const nobody = { predecessors, previous: undefined }
    for (const [number, { key, text }] of leases.entries()) {
      if (text !== undefined) continue
      const name = this.nameOf(incarnation, number)
      const instance =
        currentInstance === this.#options.serviceSlot.instance ? name : (currentInstance ?? name)
      const lease = encodeLease({
        incarnation: incarnation,
        instance,
        predecessors: predecessors,
        ...life,
      })
      const [done] = await ask(send, [['SET', key, lease, 'NX', ...expiry(ttlMs)]])
      if (isDone(done)) return { instance, lease: key, ...nobody }
    }
    return {
      instance: currentInstance ?? this.nameOf(incarnation, shareLimits.leases),
      lease: undefined,
      ...nobody,
    }
  }
}

/** Whether an earlier attempt won this one, and failed then, or had no answer. */
function isBegun({ lease, successor }: FoundLease, { incarnation }: CurrentName): boolean {
  return successor === incarnation || lease.incarnation === incarnation
}

/** Characters of a incarnation, and one. */
const maxIncarnation = 36

/** @throws the first error among the answers. */
async function ask(send: Send, commands: readonly RedisCommand[]): Promise<unknown[]> {
  return (await send(commands)).map((reply) => {
    if ('error' in reply) throw reply.error
    return reply.value
  })
}
