import { shareLimits } from '../limits/share.ts'
import { PageDemand } from './page-demand.ts'

/**
 * Decides when a process reads the index and the states of others. Times in milliseconds of a
 * monotonic clock.
 */
export class ReadSchedule {
  /** Time between two round trips. */
  readonly #intervalMs: number
  readonly #demand = new PageDemand()
  /** Duration of the last round trip that read all states. */
  #wholeMs = 0

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs
  }

  /** Notes a request for the page. */
  noteRequest(now: number): void {
    this.#demand.add(now)
  }

  /** Notes a round trip that read all states. */
  noteWholeRead(ms: number): void {
    this.#wholeMs = ms
  }

  /** Whether the page may show states that are the newest since this time. */
  isRecent(currentSince: number, now: number): boolean {
    return currentSince >= now - this.#recentMs()
  }

  /** Whether this is the last round trip before a request that would find old states. */
  isRequestExpected(currentSince: number, now: number): boolean {
    const { next } = this.#demand
    if (next === undefined) return false
    const leadMs = this.#leadMs()
    const isSoon = next - leadMs <= now && now <= next + leadMs
    return isSoon && !this.isRecent(currentSince, Math.max(now, next))
  }

  isLookDue(lookedAt: number, now: number, peers: number): boolean {
    return now - lookedAt >= this.lookPauseMs(peers) - this.#intervalMs / 2
  }

  /** Pause between two reads of the index. A large index is read less often. */
  lookPauseMs(peers: number): number {
    const pauseMs = (1_000 * entryBytes * peers) / shareLimits.indexBytesPerSecond
    return Math.max(this.#intervalMs, pauseMs)
  }

  /** From the start of the last round trip before a request to the request. */
  #leadMs(): number {
    const wholeMs = Math.min(this.#wholeMs, shareLimits.longestTurnMs)
    return this.#intervalMs + wholeMs + shareLimits.scrapeJitterMs
  }

  /** After a slow round trip that reads all states, the next round trip finds no newer states. */
  #recentMs(): number {
    return Math.max(shareLimits.recentMs, 2 * this.#intervalMs, this.#leadMs())
  }
}

/** Size of one peer in the reply with the index. */
const entryBytes = 64
