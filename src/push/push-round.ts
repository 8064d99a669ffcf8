import type { ScopeMetrics } from '@opentelemetry/sdk-metrics'
import type { Deltas } from '../otel/deltas.ts'
import type { PartialSuccess } from './answers/answer-body.ts'
import { type Outcome, type Refusal, type Unavailable, unavailable } from './answers/outcome.ts'
import { batchesOf, halvesOf, type Part, pointsIn } from './push-batches.ts'
import { isContentRefusal, RefusalSearch, type RefusedRequest } from './refusal-search.ts'
import type { Held, RefusedMetrics, Sorted } from './refused-metrics.ts'
import type { RequestSize } from './request-size.ts'

export interface PushRoundOptions {
  readonly limits: {
    readonly pushRequests: number
    readonly searchMs: number
    readonly searchRequests: number
  }
  readonly send: (scopes: readonly ScopeMetrics[]) => Promise<Outcome>
  /** Undefined for cumulative temporality. */
  readonly deltas: Deltas | undefined
  readonly size: RequestSize
  readonly refused: RefusedMetrics
  /** After this time, no further request begins, milliseconds; undefined = no limit. */
  readonly timeoutMs?: number | undefined
}

export type PushFailure = Refusal | Unavailable

export interface PushResult {
  /** Undefined after a success. Metrics that a receiver refuses alone are no failure. */
  readonly failure: PushFailure | undefined
  /** Data points that did not arrive because of a refusal, by status. */
  readonly refusedPoints: ReadonlyMap<string, number>
  /** Points that the receiver left out of accepted requests. */
  readonly partialSuccess: PartialSuccess | undefined
  /** Requests before the end of an incomplete push; 0 for a complete push. */
  readonly tried: number
}

interface Request {
  readonly part: Part
  /** Undefined for metrics that are not held back. */
  readonly held: Held | undefined
}

/**
 * One push. A refused request does not stop the others. Afterwards, halves of refused requests show
 * which metrics the receiver refuses. Later pushes leave these metrics out for a time.
 */
export class PushRound {
  readonly #options: PushRoundOptions
  readonly #refusedPoints = new Map<string, number>()
  /** Refused for the content or the size. */
  readonly #refused: RefusedRequest[] = []
  /** Changes of the memory, if the receiver accepts anything. */
  readonly #changes: (() => void)[] = []
  #requests = 0
  #accepted = 0
  #partialSuccess: PartialSuccess | undefined
  /** Ends the push. */
  #end: PushFailure | undefined
  /** The first request that was refused without a hint at the cause. */
  #refusal: Refusal | undefined
  #tried = 0
  readonly #began = performance.now()

  constructor(options: PushRoundOptions) {
    this.#options = options
  }

  /**
   * @param offset the first request, modulo the number of requests. After an incomplete push, the
   * next push starts behind the last request: a request that never succeeds starves no other.
   */
  async run(all: Part, offset: number): Promise<PushResult> {
    const { refused, size } = this.#options
    const sorted = refused.sort(all)
    await this.#sendAll(this.#requestsOf(sorted, offset))
    await this.#search()
    const isKnown = this.#accepted > 0
    size.endPush(isKnown)
    if (isKnown) for (const change of this.#changes) change()
    const none = isKnown ? undefined : this.#refused[0]?.refusal
    const isWhole = this.#end === undefined
    return {
      failure: this.#end ?? this.#refusal ?? none,
      refusedPoints: this.#refusedPoints,
      partialSuccess: this.#partialSuccess,
      tried: isWhole ? 0 : this.#tried,
    }
  }

  #requestsOf({ free, held }: Sorted, offset: number): Request[] {
    const { limits, refused, size } = this.#options
    const batches = batchesOf(free, size.points)
    const first = batches.length === 0 ? 0 : offset % batches.length
    const ordered = [...batches.slice(first), ...batches.slice(0, first)]
    const requests: Request[] = ordered.map((part) => ({ part, held: undefined }))
    const most = requests.length + limits.searchRequests
    for (const [each, part] of held) {
      if (requests.length < most && refused.isDue(each)) requests.push({ part, held: each })
      else this.#count(part, each.refusal)
    }
    return requests
  }

  async #sendAll(requests: Request[]): Promise<void> {
    const { refused, size } = this.#options
    for (let next = requests.shift(); next && !this.#isOver(); next = requests.shift()) {
      const { part, held } = next
      if (pointsIn(part) > size.points) {
        requests.unshift(...batchesOf(part, size.points).map((each) => ({ part: each, held })))
        continue
      }
      this.#tried += 1
      const outcome = await this.#send(part)
      if (outcome.kind === 'accepted' && held) this.#changes.push(() => refused.accepted(held))
      if (outcome.kind === 'refused') requests.push(...this.#onRefusal(next, outcome))
    }
  }

  /** @returns smaller requests in the place of a request that was too large. */
  #onRefusal({ part, held }: Request, refusal: Refusal): Request[] {
    const { limits, size } = this.#options
    if (this.#accepted === 0 && this.#requests > limits.searchRequests) this.#end ??= refusal
    if (refusal.concerns === 'size' && size.refused(pointsIn(part))) {
      return halvesOf(part).map((half) => ({ part: half, held }))
    }
    if (isContentRefusal(refusal)) this.#refused.push({ part, held, refusal })
    else this.#count(part, refusal)
    return []
  }

  async #search(): Promise<void> {
    const { limits, refused, size } = this.#options
    for (const { held } of this.#refused) {
      if (held) this.#changes.push(() => refused.forget(held))
    }
    const end = performance.now() + limits.searchMs
    const isOver = (): boolean => this.#isOver() || performance.now() >= end
    const search = new RefusalSearch(this.#refused, {
      requests: limits.searchRequests,
      send: async (part) => (isOver() ? undefined : await this.#send(part)),
      onRefused: ({ part, held, refusal }) => {
        const refusals = held?.kind === 'refused' ? held.refusals + 1 : 1
        this.#count(part, refusal)
        this.#changes.push(() => refused.refuse(part, refusal, refusals))
      },
      onRefusedWhole: (points) => size.refusedWhole(points),
      onSuspects: ({ part, refusal }) => {
        this.#count(part, refusal)
        this.#changes.push(() => refused.suspect(part, refusal))
      },
    })
    await search.run()
  }

  #count(part: Part, { status }: Refusal): void {
    this.#refusedPoints.set(status, (this.#refusedPoints.get(status) ?? 0) + pointsIn(part))
  }

  async #send(part: Part): Promise<Outcome> {
    const { deltas, send, size } = this.#options
    const { scopes, commit } = deltas?.convert(part) ?? { scopes: part, commit() {} }
    if (scopes.length === 0) {
      commit()
      return { kind: 'accepted', partialSuccess: undefined }
    }
    this.#requests += 1
    const outcome = await send(scopes)
    if (outcome.kind === 'accepted') {
      commit()
      this.#accepted += 1
      size.accepted(pointsIn(part))
      this.#addRejected(outcome.partialSuccess)
    } else if (outcome.kind === 'unavailable' || outcome.concerns === 'receiver') {
      this.#end ??= outcome
    } else if (outcome.concerns === 'request') this.#refusal ??= outcome
    return outcome
  }

  /** Whether no further request may begin. */
  #isOver(): boolean {
    const { limits, timeoutMs } = this.#options
    if (timeoutMs !== undefined && performance.now() - this.#began >= timeoutMs) {
      this.#end ??= unavailable(`the push has not ended after ${timeoutMs} ms`)
    }
    if (this.#requests >= limits.pushRequests) this.#end ??= tooMany(limits.pushRequests)
    return this.#end !== undefined
  }

  #addRejected(more: PartialSuccess | undefined): void {
    if (!more) return
    const before = this.#partialSuccess?.rejectedPoints ?? 0
    this.#partialSuccess = { ...more, rejectedPoints: before + more.rejectedPoints }
  }
}

function tooMany(requests: number): Unavailable {
  return unavailable(`a push needs more than ${requests} requests`)
}
