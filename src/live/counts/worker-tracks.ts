import { liveLimits } from '../../limits/tools/live.ts'
import { type Histogram, increaseOf } from './histogram-increase.ts'
import type { WorkerFacts } from './reading.ts'
import type { WorkerTotals } from './worker-totals.ts'

/** What a worker did between its last two reports. */
export interface WorkerStep {
  readonly instance: unknown
  /** Requests per second; null: unknown. */
  readonly requestsPerSecond: number | null
  /** Per second, in the order of `statusClasses`. */
  readonly rates: readonly number[]
  readonly durations: Histogram | undefined
  readonly delays: Histogram | undefined
}

export interface TracksInput {
  readonly totals: ReadonlyMap<string, WorkerTotals>
  /** The live workers, by key. */
  readonly facts: ReadonlyMap<string, WorkerFacts>
  /** Milliseconds of the monotonic clock. */
  readonly now: number
}

interface Track {
  readonly totals: WorkerTotals
  /** When the values arose, milliseconds of the monotonic clock; undefined: unknown. */
  readonly valuesAt: number | undefined
  readonly step: WorkerStep
}

/**
 * The differences of the workers' counters between two samples. A counter of an ended worker stays,
 * or leaves with its worker: neither makes a rate fall below zero. A worker that this process did
 * not know, and that is older than the last sample, starts at its present counts.
 */
export class WorkerTracks {
  #tracks = new Map<string, Track>()
  #instances: ReadonlySet<unknown> = new Set()
  #sampledAt: number | undefined
  #joinedAt = Number.NEGATIVE_INFINITY

  /** When an older worker last appeared. Totals of before cannot be compared. */
  get joinedAt(): number {
    return this.#joinedAt
  }

  /** @returns the steps of all workers, with workers that have ended, by key. */
  advance(input: TracksInput): ReadonlyMap<string, WorkerStep> {
    const elapsedMs = this.#sampledAt === undefined ? undefined : input.now - this.#sampledAt
    const next = new Map<string, Track>()
    for (const [key, totals] of input.totals)
      next.set(key, this.#track(key, totals, { ...input, elapsedMs }))
    this.#tracks = next
    this.#instances = new Set(Array.from(input.totals.values(), ({ instance }) => instance))
    this.#sampledAt = input.now
    return new Map(Array.from(next, ([key, { step }]) => [key, step]))
  }

  #track(key: string, totals: WorkerTotals, input: Advance): Track {
    const facts = input.facts.get(key)
    const age = facts?.valuesAgeSeconds
    const valuesAt = typeof age === 'number' ? input.now - 1_000 * age : undefined
    const before = this.#tracks.get(key)
    if (before && isHeld(before, { facts, valuesAt, now: input.now })) return before
    if (!before && !this.#beganAfter(totals, facts, input.elapsedMs)) {
      this.#joinedAt = input.now
      return { totals, valuesAt, step: { ...unknownStep, instance: totals.instance } }
    }
    const ms = spanOf(before?.valuesAt, valuesAt) ?? input.elapsedMs ?? liveLimits.stepMs
    return { totals, valuesAt, step: stepOf(totals, before?.totals, ms / 1_000) }
  }

  /** Whether all counts of a new worker arose since the last sample. */
  #beganAfter(
    { instance }: WorkerTotals,
    facts: WorkerFacts | undefined,
    elapsedMs: number | undefined,
  ): boolean {
    if (elapsedMs === undefined || !this.#knows(instance)) return false
    if (!facts) return true
    const { ageSeconds } = facts
    return ageSeconds !== null && 1_000 * ageSeconds <= elapsedMs + reportSlackMs
  }

  /** The workers of this process have no instance. */
  #knows(instance: unknown): boolean {
    return instance === undefined || this.#instances.has(instance)
  }
}

interface Advance extends TracksInput {
  readonly elapsedMs: number | undefined
}

/** A report arrives up to two intervals after the start of its worker. */
const reportSlackMs = 2_500

const unknownStep: Omit<WorkerStep, 'instance'> = {
  requestsPerSecond: null,
  rates: [0, 0, 0, 0, 0, 0],
  durations: undefined,
  delays: undefined,
}

/** Whether no newer values have arrived: the rate stays for a while. */
function isHeld(
  { valuesAt: known }: Track,
  {
    facts,
    valuesAt,
    now,
  }: { facts: WorkerFacts | undefined; now: number } & Pick<Track, 'valuesAt'>,
): boolean {
  if (!facts || facts.hang || known === undefined || valuesAt === undefined) return false
  return valuesAt - known < sameValuesMs && now - valuesAt < liveLimits.heldRateMs
}

/** Two readings of one age differ by the time between the readings of the clock. */
const sameValuesMs = 50

/** Reports have regular intervals, and samples fall anywhere in them. */
function spanOf(before: number | undefined, now: number | undefined): number | undefined {
  if (before === undefined || now === undefined) return undefined
  return now - before > sameValuesMs ? now - before : undefined
}

function stepOf(now: WorkerTotals, before: WorkerTotals | undefined, seconds: number): WorkerStep {
  const requests = increase(now.requests, before?.requests)
  const classes = now.classes.map((count, index) => increase(count, before?.classes[index]))
  const responses = classes.reduce((sum, count) => sum + count, 0)
  const counts = [...classes, Math.max(0, requests - responses)]
  return {
    instance: now.instance,
    requestsPerSecond: requests / seconds,
    rates: counts.map((count) => count / seconds),
    durations: now.durations && increaseOf(now.durations, before?.durations),
    delays: now.delays && increaseOf(now.delays, before?.delays),
  }
}

/** A counter that fell has begun again. */
function increase(now: number, before: number | undefined): number {
  return before === undefined || now < before ? now : now - before
}
