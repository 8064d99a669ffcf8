import { shareLimits } from '../limits/share.ts'
import { type Clock, nodeClock } from '../support/clock.ts'
import { versionsIn } from './index-reply.ts'
import { PeerIndex } from './peers/peer-index.ts'
import type { Peers } from './peers/peers.ts'
import { ReadBudget } from './read-budget.ts'
import { ReadSchedule } from './read-schedule.ts'
import type { CommandStep, RoundTripParticipant } from './redis/command-step.ts'
import type { RedisKeys } from './redis/keys.ts'
import { newWholeRead, type WholeRead } from './whole-read.ts'

export interface ReaderOptions {
  readonly keys: RedisKeys
  /** Milliseconds; undefined = a silent cluster stays in the index. */
  readonly ttlMs: number | undefined
  /** Time between two round trips, milliseconds. */
  readonly intervalMs: number
  readonly peers: Pick<Peers, 'take' | 'retain' | 'hear' | 'isOutside'>
  /** The incarnation of this process. The reader skips its state. */
  readonly own: () => string | undefined
  /** Default: the clock of Node. */
  readonly clock?: Pick<Clock, 'now'>
}

/**
 * What a round trip reads: a few states, or first the index and then all states that have changed.
 * A round trip reads all states at most once. So requests cannot delay the next write of the own
 * state.
 */
type Phase = 'at rest' | 'index' | { readonly remaining: string[] } | 'done'

/**
 * Reads the states of other clusters. At rest, each round trip reads a few states within a budget.
 * Before an expected request for the page, and at an unexpected request, a round trip reads all
 * states that have changed.
 */
export class Reader implements RoundTripParticipant {
  readonly #options: ReaderOptions
  readonly #clock: Pick<Clock, 'now'>
  readonly #index = new PeerIndex()
  readonly #schedule: ReadSchedule
  readonly #budget: ReadBudget
  /** Whether the page needs all states. */
  #isWanted = false
  #phase: Phase = 'at rest'
  /** Number of entries in the index, with peers that are not read again. */
  #listed = 0
  #isFirst = true
  #beganAt = 0
  /** One read for all requests: an outage of Redis can last. */
  #whole: WholeRead | undefined

  constructor(options: ReaderOptions) {
    const { intervalMs, clock = nodeClock } = options
    this.#options = options
    this.#clock = clock
    this.#schedule = new ReadSchedule(intervalMs)
    this.#budget = new ReadBudget({ intervalMs, now: this.#clock.now() })
  }

  /** Number of listed peers of which no state was read. */
  get unread(): number {
    return this.#index.unread
  }

  /**
   * Notes a request for the page.
   * @returns undefined if the states are recent. Otherwise, the next round trip reads all states,
   * and the promise resolves at its end.
   */
  request(): Promise<void> | undefined {
    this.#schedule.noteRequest(this.#clock.now())
    if (this.#isRecent) return undefined
    this.want()
    this.#whole ??= newWholeRead()
    return this.#whole.ended
  }

  /** Makes the next round trip read all states. */
  want(): void {
    this.#isWanted = true
  }

  /** Makes the next round trip read all states, unless the states are recent. */
  refresh(): void {
    if (!this.#isRecent) this.want()
  }

  /** Ends the wait of requests after a round trip that failed. */
  giveUp(): void {
    this.#phase = 'done'
    this.#isWanted = false
    this.#release()
  }

  steps(): CommandStep[] {
    const now = this.#clock.now()
    this.#beganAt = now
    this.#isFirst = this.#index.lookedAt === Number.NEGATIVE_INFINITY
    const { lookedAt, currentSince } = this.#index
    const isWhole = this.#isWanted || this.#schedule.isRequestExpected(currentSince, now)
    this.#phase = isWhole ? 'index' : 'at rest'
    const isLookDue = this.#schedule.isLookDue(lookedAt, now, this.#listed)
    return [
      ...(isWhole || isLookDue ? [this.#look()] : []),
      ...(isWhole ? [] : this.#reads(this.#affordable(now))),
    ]
  }

  further(): CommandStep[] {
    // A request, or a snapshot, can need all states after the steps were made.
    if (this.#phase === 'at rest' && this.#isWanted) {
      this.#phase = 'index'
      if (this.#index.lookedAt < this.#beganAt) return [this.#look()]
    }
    if (this.#phase === 'index') this.#phase = { remaining: this.#index.outdated() }
    if (typeof this.#phase === 'string') return []
    const chunk = this.#chunk(this.#phase.remaining)
    if (chunk.length === 0) this.#finish()
    return this.#reads(chunk)
  }

  /** The first round trip lists peers and reads none, so the second follows soon. */
  hurryMs(): number | undefined {
    if (this.#isWanted) return 0
    const isListed = this.#index.lookedAt > Number.NEGATIVE_INFINITY
    return this.#isFirst && isListed ? shareLimits.firstReadMs : undefined
  }

  get #isRecent(): boolean {
    return this.#schedule.isRecent(this.#index.currentSince, this.#clock.now())
  }

  get #lookPauseMs(): number {
    return this.#schedule.lookPauseMs(this.#listed)
  }

  #affordable(now: number): string[] {
    this.#budget.advance(now)
    return this.#index.outdated().filter((each) => this.#budget.spend(this.#index.bytesOf(each)))
  }

  #chunk(remaining: string[]): string[] {
    let bytes = 0
    const end = remaining.findIndex((each) => {
      bytes += this.#index.bytesOf(each)
      return bytes > shareLimits.readChunkBytes
    })
    return remaining.splice(0, end < 0 ? remaining.length : Math.max(1, end))
  }

  #look(): CommandStep {
    const { keys, ttlMs } = this.#options
    // The index has Unix times, since processes of several hosts write it.
    const least = ttlMs === undefined ? '-inf' : Date.now() - ttlMs - shareLimits.clockSkewMs
    const range = ['+inf', least, 'WITHSCORES', 'LIMIT', 0, shareLimits.peers] as const
    return {
      command: ['ZREVRANGEBYSCORE', keys.index, ...range],
      take: (list) => this.#list(list),
    }
  }

  #list(list: unknown): void {
    const { peers, own } = this.#options
    const versions = versionsIn(list)
    versions.delete(own() ?? '')
    peers.retain(new Set(versions.keys()))
    const listed = versions.size
    for (const each of versions.keys()) if (peers.isOutside(each)) versions.delete(each)
    this.#index.look(versions, this.#clock.now(), this.#lookPauseMs)
    this.#listed = listed
    for (const incarnation of versions.keys()) this.#hear(incarnation)
  }

  // GETRANGE and not MGET: GETRANGE limits the size of each reply.
  #reads(incarnations: readonly string[]): CommandStep[] {
    for (const each of incarnations) this.#index.defer(each)
    return incarnations.map((incarnation) => ({
      command: ['GETRANGE', this.#options.keys.source(incarnation), 0, shareLimits.peerStateBytes],
      take: (bytes) => this.#take(incarnation, bytes),
    }))
  }

  #take(incarnation: string, bytes: unknown): void {
    const size = Buffer.isBuffer(bytes) ? bytes.length : 0
    if (this.#phase === 'at rest') this.#budget.correct(size - this.#index.bytesOf(incarnation))
    this.#options.peers.take(incarnation, bytes)
    this.#index.noteRead(incarnation, size, this.#clock.now())
    this.#hear(incarnation)
  }

  #hear(incarnation: string): void {
    const look = this.#index.looksOf(incarnation)
    if (look) this.#options.peers.hear(incarnation, { ...look, pauseMs: this.#lookPauseMs })
  }

  #finish(): void {
    this.#phase = 'done'
    this.#isWanted = false
    this.#schedule.noteWholeRead(this.#clock.now() - this.#beganAt)
    this.#release()
  }

  #release(): void {
    this.#whole?.end()
    this.#whole = undefined
  }
}
