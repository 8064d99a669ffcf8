import { pushLimits } from '../limits/push.ts'
import type { Outcome, Refusal } from './answers/outcome.ts'
import { batchesOf, halvesOf, metricsIn, type Part, pointsIn } from './push-batches.ts'
import type { Held } from './refused-metrics.ts'

/** A request that the receiver refused for its content or its size. */
export interface RefusedRequest {
  readonly part: Part
  /** What pushes held back before; undefined for other metrics. */
  readonly held: Held | undefined
  readonly refusal: Refusal
}

export interface RefusalSearchOptions {
  /** Most requests of the search. */
  readonly requests: number
  /** @returns undefined when the push or the time of the search has ended. */
  readonly send: (part: Part) => Promise<Outcome | undefined>
  /** A single metric, or points of a single metric, are refused. */
  readonly onRefused: (request: RefusedRequest) => void
  /** Both halves of a refused request of so many data points are accepted. */
  readonly onRefusedWhole: (points: number) => void
  /** The search ends before the cause is known. */
  readonly onSuspects: (request: RefusedRequest) => void
}

/** Halves refused requests, the largest first, until the refused metrics are alone. */
export class RefusalSearch {
  readonly #options: RefusalSearchOptions
  /** Parts to halve. The list grows during the search. */
  readonly #requests: RefusedRequest[]
  #left: number

  constructor(requests: readonly RefusedRequest[], options: RefusalSearchOptions) {
    this.#options = options
    this.#requests = [...requests]
    this.#left = options.requests
  }

  async run(): Promise<void> {
    for (const request of this.#requests) {
      if (pointsIn(request.part) === 1) this.#options.onRefused(request)
      else if (this.#left < requestsOfHalving) this.#options.onSuspects(request)
      else await this.#halve(request)
    }
  }

  async #halve(request: RefusedRequest): Promise<void> {
    const halves: RefusedRequest[] = []
    let accepted = 0
    for (const part of halvesOf(request.part)) {
      const outcome = await this.#send(part)
      if (outcome?.kind === 'accepted') accepted += 1
      else if (isContentRefusal(outcome)) halves.push({ ...request, part, refusal: outcome })
      else this.#options.onSuspects({ ...request, part })
    }
    if (accepted === 2) this.#options.onRefusedWhole(pointsIn(request.part))
    if (halves.length === 2 && (await this.#isRefusedWhole(halves))) {
      this.#options.onRefused(request)
    } else this.#requests.push(...halves)
  }

  /** Saves the search for points where the cause is in the metric, such as its name. */
  async #isRefusedWhole(halves: readonly RefusedRequest[]): Promise<boolean> {
    const [metric, another] = halves.flatMap(({ part }) => metricsIn(part))
    const isOne = metric?.metric.descriptor === another?.metric.descriptor
    const points = halves.reduce((sum, { part }) => sum + pointsIn(part), 0)
    if (!isOne || points < pushLimits.searchedPoints) return false
    if (halves.some(({ refusal }) => refusal.concerns === 'size')) return false
    for (const { part } of halves) {
      const [point = []] = batchesOf(part, 1)
      const outcome = await this.#send(point)
      if (outcome?.kind !== 'refused' || outcome.concerns !== 'content') return false
    }
    return true
  }

  async #send(part: Part): Promise<Outcome | undefined> {
    this.#left -= 1
    return await this.#options.send(part)
  }
}

/** The halves, and perhaps a data point of each half. */
const requestsOfHalving = 4

export function isContentRefusal(outcome: Outcome | undefined): outcome is Refusal {
  if (outcome?.kind !== 'refused') return false
  return outcome.concerns === 'content' || outcome.concerns === 'size'
}
