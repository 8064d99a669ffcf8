import { shareLimits } from '../../limits/share.ts'
import type { Unchanged } from './known-peer.ts'

interface Entry {
  /** The time of the last write, as the index has it. */
  version: string
  /** Looks that found this version, without a long pause between two looks. */
  unchanged: Unchanged
  /** The version whose state was read last. */
  read: string | undefined
  /** When this process last knew that Redis has no newer state than it had read. */
  checkedAt: number
  /** Size of the state as read last. */
  bytes: number
}

/**
 * The index of peers in Redis as read last, with the versions of the states that were read. Times
 * in milliseconds of a monotonic clock.
 */
export class PeerIndex {
  /** By incarnation, the least recently read first; bounded by shareLimits.peers. */
  readonly #entries = new Map<string, Entry>()
  #lookedAt = Number.NEGATIVE_INFINITY

  get lookedAt(): number {
    return this.#lookedAt
  }

  get size(): number {
    return this.#entries.size
  }

  /** Number of peers of which no state was read. */
  get unread(): number {
    return [...this.#entries.values()].filter(({ read }) => read === undefined).length
  }

  /** The time since which every state is the newest that a look or a read could find. */
  get currentSince(): number {
    let since = this.#lookedAt
    for (const { checkedAt } of this.#entries.values()) since = Math.min(since, checkedAt)
    return since
  }

  /**
   * Takes the index as read now.
   * @param versions time of the last write by incarnation.
   * @param pauseMs longest pause between two looks without an outage.
   */
  look(versions: ReadonlyMap<string, string>, now: number, pauseMs: number): void {
    const isContinued = now - this.#lookedAt <= Math.max(shareLimits.silenceMs, 2 * pauseMs)
    this.#lookedAt = now
    for (const incarnation of this.#entries.keys()) {
      if (!versions.has(incarnation)) this.#entries.delete(incarnation)
    }
    for (const [incarnation, version] of versions) {
      const entry = this.#entries.get(incarnation)
      if (!entry) this.#entries.set(incarnation, newEntry(version, now))
      else note(entry, { version, now, isContinued })
    }
  }

  /** The looks that found the present version of a peer. */
  looksOf(incarnation: string): Pick<Entry, 'version' | 'unchanged'> | undefined {
    return this.#entries.get(incarnation)
  }

  /** Peers whose state is newer than the state that was read, the least recently read first. */
  outdated(): string[] {
    const all = [...this.#entries]
    return all.flatMap(([incarnation, { read, version }]) => (read === version ? [] : incarnation))
  }

  /** Size of a peer's state when it was read last, or of a usual state. */
  bytesOf(incarnation: string): number {
    return this.#entries.get(incarnation)?.bytes ?? usualBytes
  }

  /** Moves a peer behind the others, also if the read fails. */
  defer(incarnation: string): void {
    const entry = this.#entries.get(incarnation)
    if (!entry) return
    this.#entries.delete(incarnation)
    this.#entries.set(incarnation, entry)
  }

  /** Notes that the state of a peer was read. */
  noteRead(incarnation: string, bytes: number, now: number): void {
    const entry = this.#entries.get(incarnation)
    if (!entry) return
    entry.read = entry.version
    entry.checkedAt = now
    entry.bytes = bytes
  }
}

/** A cluster of four workers has about this size. */
const usualBytes = 3_000

function newEntry(version: string, now: number): Entry {
  return {
    version,
    unchanged: { since: now, until: now },
    read: undefined,
    checkedAt: Number.NEGATIVE_INFINITY,
    bytes: usualBytes,
  }
}

interface Look {
  readonly version: string
  readonly now: number
  readonly isContinued: boolean
}

function note(entry: Entry, { version, now, isContinued }: Look): void {
  // After an outage of Redis, a live peer needs an interval for the next write.
  const since = isContinued && version === entry.version ? entry.unchanged.since : now
  entry.unchanged = { since, until: now }
  entry.version = version
  if (entry.read === version) entry.checkedAt = now
}
