import { createHash } from 'node:crypto'
import { limits } from '../limits.ts'
import { isAlive, type Life } from '../relay/life.ts'
import type { Client, Command } from './client.ts'
import type { Keys } from './keys.ts'
import { encodeLease, type Lease, parseLease } from './lease.ts'
import { isDone, textOf } from './part.ts'
import type { Place } from './share-settings.ts'
import { parseSource, type SourceState } from './source-value.ts'
import { silenceMs } from './sources.ts'

export interface ClaimOptions {
  readonly keys: Keys
  readonly place: Place
  readonly ttlMs: number | undefined
  readonly life: Life
}

/** What a process has found at its place. */
export interface Claimed {
  readonly instance: string
  /** Key of the lease; undefined where all are taken. */
  readonly lease: string | undefined
  /** The generations that are continued, the latest first. */
  readonly ancestors: readonly string[]
  /** What they wrote last, where that can be read. */
  readonly previous: SourceState | undefined
}

/** Whose name a process already bears, because it could not wait. */
export interface Bearer {
  readonly generation: string
  readonly instance: string | undefined
  readonly ancestors: readonly string[]
}

interface Found {
  readonly key: string
  readonly lease: Lease
  /** What its process wrote last; empty where nothing is left of it. */
  readonly bytes: Buffer
  readonly hasHeir: boolean
}

type Send = Client['send']

/**
 * Finds the process whose place this is: the one that had the same service, host, address and working directory,
 * or the same given `service.instance.id`, and is gone. Two processes never continue the same one: who comes first, by
 * `SET NX` on its heir, does.
 */
export class Claim {
  readonly #options: ClaimOptions
  readonly #place: string
  /** Since when predecessors that cannot be seen from here are silent; bounded by limits.leases. */
  readonly #watched = new Map<string, { readonly bytes: Buffer; readonly since: number }>()

  constructor(options: ClaimOptions) {
    this.#options = options
    const { instance, service, host, address, directory } = options.place
    const named = instance === undefined ? [service, host, address, directory] : [service, instance]
    this.#place = createHash('sha256')
      .update(JSON.stringify(named))
      .digest('base64url')
      .slice(0, 22)
  }

  /** The name of a process that continues nobody. @param number how many others have the same place. */
  nameOf(generation: string, number: number): string {
    const { instance, host } = this.#options.place
    if (instance !== undefined && number === 0) return instance
    return `${instance ?? host}-${generation.slice(0, 8)}`
  }

  /**
   * @returns undefined where a predecessor has to be watched for a while before it counts as gone.
   * Rejects where Redis does not answer, or refuses.
   */
  async attempt(send: Send, bearer: Bearer): Promise<Claimed | undefined> {
    const keys = Array.from({ length: limits.leases }, (_, number) =>
      this.#options.keys.lease(this.#place, number),
    )
    const texts = (await ask(send, [['MGET', ...keys]]))[0]
    const leases = keys.map((key, number) => ({ key, text: textOf((texts as unknown[])[number]) }))
    const found = await this.#look(send, leases)
    let mustWait = false
    for (const each of this.#mayInherit(bearer) ? found : []) {
      const standing = this.#standingOf(each)
      mustWait ||= standing === 'unknown'
      const claimed = standing === 'gone' ? await this.#inherit(send, each, bearer) : undefined
      if (claimed) return claimed
    }
    if (mustWait) return undefined
    return await this.#settleDown(send, leases, bearer)
  }

  /** Whoever has shown itself under a name of its own stays with it. */
  #mayInherit({ instance }: Bearer): boolean {
    return instance === undefined || instance === this.#options.place.instance
  }

  async #look(
    send: Send,
    leases: readonly { readonly key: string; readonly text: string | undefined }[],
  ): Promise<Found[]> {
    const known = leases.flatMap(({ key, text }) => {
      const lease = parseLease(text)
      return lease ? [{ key, lease }] : []
    })
    if (known.length === 0) return []
    const { keys } = this.#options
    const answers = await ask(
      send,
      known.flatMap(({ lease: { generation } }): Command[] => [
        this.#read(generation),
        ['EXISTS', keys.heir(generation)],
      ]),
    )
    return known.map((each, index) => {
      const [bytes, heirs] = answers.slice(2 * index)
      return {
        ...each,
        bytes: Buffer.isBuffer(bytes) ? bytes : Buffer.alloc(0),
        hasHeir: heirs !== 0,
      }
    })
  }

  #standingOf({ lease, bytes, hasHeir }: Found): 'gone' | 'unknown' | 'present' {
    if (hasHeir) return 'present'
    // Another thread of this very process, which has crashed.
    if (isSame(lease, this.#options.life)) return 'gone'
    const alive = isAlive(lease)
    if (alive !== undefined) return alive ? 'present' : 'gone'
    return this.#watch(lease.generation, bytes)
  }

  /** Of another machine, or behind another wall of this one: what lives writes. */
  #watch(generation: string, bytes: Buffer): 'gone' | 'unknown' | 'present' {
    const parsed = parseSource(bytes)
    const state = typeof parsed === 'object' ? parsed : undefined
    if (state?.hasEnded) return 'gone'
    const now = performance.now()
    const watched = this.#watched.get(generation) ?? { bytes, since: now }
    this.#watched.set(generation, watched)
    if (!watched.bytes.equals(bytes)) return 'present'
    const patience = state ? silenceMs(state) : limits.silenceMs
    return now - watched.since > patience ? 'gone' : 'unknown'
  }

  async #inherit(send: Send, found: Found, bearer: Bearer): Promise<Claimed | undefined> {
    const { keys, life, ttlMs } = this.#options
    const { instance, generation: predecessor, ancestors: earlier } = found.lease
    const { generation } = bearer
    const heir = keys.heir(predecessor)
    const [won] = await ask(send, [['SET', heir, generation, 'NX', 'PX', limits.heirMs]])
    if (!isDone(won)) return undefined
    const all = new Set([predecessor, ...earlier, ...bearer.ancestors])
    const ancestors = [...all].slice(0, limits.ancestors)
    const lease = encodeLease({ generation, instance, ancestors, ...life })
    const [, ...left] = await ask(send, [
      ['SET', found.key, lease, ...expiry(ttlMs)],
      // It had died before it wrote: what it was to continue is still there.
      ...(found.bytes.length > 0 ? [] : earlier).map((each) => this.#read(each)),
    ])
    const state = [found.bytes, ...left].map(parseSource).find((each) => typeof each === 'object')
    // Its counts are also what the live workers say again; and what was shown without cannot be added later.
    const isKnown = isSame(found.lease, life) || bearer.instance !== undefined
    return { instance, lease: found.key, ancestors, previous: isKnown ? undefined : state }
  }

  #read(generation: string): Command {
    return ['GETRANGE', this.#options.keys.source(generation), 0, limits.sharedBytes]
  }

  async #settleDown(
    send: Send,
    leases: readonly { readonly key: string; readonly text: string | undefined }[],
    { generation, instance: borne, ancestors }: Bearer,
  ): Promise<Claimed> {
    const { life, ttlMs } = this.#options
    // Readers remember whom it continues for longer than it may have had a lease.
    const nobody = { ancestors, previous: undefined }
    for (const [number, { key, text }] of leases.entries()) {
      if (text !== undefined) continue
      const name = this.nameOf(generation, number)
      const instance = borne === this.#options.place.instance ? name : (borne ?? name)
      const lease = encodeLease({ generation, instance, ancestors, ...life })
      const [done] = await ask(send, [['SET', key, lease, 'NX', ...expiry(ttlMs)]])
      if (isDone(done)) return { instance, lease: key, ...nobody }
    }
    return {
      instance: borne ?? this.nameOf(generation, limits.leases),
      lease: undefined,
      ...nobody,
    }
  }
}

/** Of a SET. */
export function expiry(ttlMs: number | undefined): Command[number][] {
  return ttlMs === undefined ? [] : ['PX', ttlMs]
}

function isSame(one: Life, other: Life): boolean {
  const { pid, ticks, machine } = one
  return pid === other.pid && ticks === other.ticks && machine === other.machine && machine !== ''
}

/** @throws the first error among the answers. */
async function ask(send: Send, commands: readonly Command[]): Promise<unknown[]> {
  return (await send(commands)).map((reply) => {
    if ('error' in reply) throw reply.error
    return reply.value
  })
}
