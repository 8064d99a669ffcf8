import { createHash } from 'node:crypto'
import { limits } from '../../limits.ts'
import type { Life } from '../../relay/life.ts'
import { parseSource, type SourceState } from '../peers/peer-state.ts'
import type { Client, Command } from '../redis/client.ts'
import { isDone, textOf } from '../redis/command-step.ts'
import type { Keys } from '../redis/keys.ts'
import type { Place } from '../redis/redis-settings.ts'
import { encodeLease, type Lease, parseLease } from './lease.ts'
import { type Found, isSame, Standings } from './liveness.ts'

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

interface FoundLease extends Found {
  readonly key: string
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
  readonly #standings: Standings
  /** Whether the one that is continued is an earlier thread of this very process, whose workers live. */
  #isAgain = false

  constructor(options: ClaimOptions) {
    this.#options = options
    this.#standings = new Standings(options.life)
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
    const all = await this.#look(send, leases)
    const found = all.filter(({ lease }) => this.#mayBear(lease, bearer))
    const begun = found.find((each) => isBegun(each, bearer))
    if (begun) return await this.#inherit(send, begun, bearer)
    let mustWait = false
    for (const each of found) {
      const standing = this.#standings.of(each)
      mustWait ||= standing === 'unknown'
      const claimed = standing === 'gone' ? await this.#inherit(send, each, bearer) : undefined
      if (claimed) return claimed
    }
    if (mustWait) return undefined
    return await this.#settleDown(send, leases, bearer)
  }

  /** Whoever has shown itself under a name of its own stays with it. */
  #mayBear(lease: Lease, { generation, instance }: Bearer): boolean {
    if (instance === undefined || instance === this.#options.place.instance) return true
    return lease.generation === generation && lease.instance === instance
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
      known.flatMap(({ lease: { generation } }): Command[] => [
        this.#read(generation),
        ['GETRANGE', keys.heir(generation), 0, maxGeneration],
      ]),
    )
    return known.map((each, index) => {
      const [bytes, heir] = answers.slice(2 * index)
      return {
        ...each,
        bytes: Buffer.isBuffer(bytes) ? bytes : Buffer.alloc(0),
        heir: textOf(heir) ?? '',
      }
    })
  }

  /** @returns undefined where another one was faster. */
  async #inherit(send: Send, found: FoundLease, bearer: Bearer): Promise<Claimed | undefined> {
    const { key, lease, bytes } = found
    const { generation, instance: borne } = bearer
    const isOurs = lease.generation === generation
    if (!isOurs) {
      if (!(await this.#win(send, found, generation))) return undefined
      this.#isAgain = isSame(lease, this.#options.life)
    }
    const all = new Set([lease.generation, ...lease.ancestors, ...bearer.ancestors])
    all.delete(generation)
    const ancestors = [...all].slice(0, limits.ancestors)
    const { instance } = lease
    const text = encodeLease({ generation, instance, ancestors, ...this.#options.life })
    // One that had died before it wrote: what it was to continue is still there.
    const unread = bytes.length > 0 ? [] : lease.ancestors
    const left = await ask(send, [
      ...unread.map((each) => this.#read(each)),
      ...(isOurs ? [] : [['SET', key, text, ...expiry(this.#options.ttlMs)] as const]),
    ])
    const sources = [bytes, ...left.slice(0, unread.length)].map(parseSource)
    const state = sources.find((each) => typeof each === 'object')
    // Its counts are also what the live workers say again; and what was shown without cannot be added later.
    const isKnown = this.#isAgain || borne !== undefined
    return { instance, lease: key, ancestors, previous: isKnown ? undefined : state }
  }

  async #win(send: Send, { lease, heir }: FoundLease, generation: string): Promise<boolean> {
    if (heir === generation) return true
    const key = this.#options.keys.heir(lease.generation)
    const [won] = await ask(send, [['SET', key, generation, 'NX', 'PX', limits.heirMs]])
    return isDone(won)
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

/** Whether an earlier attempt won this one, and failed then, or had no answer. */
function isBegun({ lease, heir }: FoundLease, { generation }: Bearer): boolean {
  return heir === generation || lease.generation === generation
}

/** Characters of a generation, and one. */
const maxGeneration = 36

/** @throws the first error among the answers. */
async function ask(send: Send, commands: readonly Command[]): Promise<unknown[]> {
  return (await send(commands)).map((reply) => {
    if ('error' in reply) throw reply.error
    return reply.value
  })
}
