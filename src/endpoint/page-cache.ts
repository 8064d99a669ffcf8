import { type Coding, fits, PageEncoder } from '../exposition/codings/coding.ts'
import { type Page, partsOf } from '../exposition/page.ts'
import { type Selection, selectFrom } from '../exposition/selection.ts'
import type { TextFormat } from '../exposition/text-format.ts'
import { type Body, bodyOf } from '../model/page/body.ts'
import type { InParts } from '../model/page/in-parts.ts'
import { PageUses } from './body/page-uses.ts'
import { type Outcome, runInParts, SharedJob } from './body/shared-job.ts'

/** A page, and its forms for responses. */
export interface CachedPage {
  readonly page: Page
  /** Each form is made once. */
  readonly bodies: ReadonlyMap<Coding, SharedJob<CodedBody>>
  readonly bytes: number
  readonly uses: PageUses
}

export interface PageCacheOptions {
  /** May throw; all waiting requests then get the error. */
  readonly render: (format: TextFormat) => InParts<Page>
  /**
   * Called before rendering. @returns undefined, or a promise that resolves within a bound when the
   * content is recent.
   */
  readonly freshen?: (() => Promise<unknown> | undefined) | undefined
  /** Maximum age of a page for later requests, milliseconds. 0: only waiting requests share. */
  readonly maxAgeMs: number
}

/** Must not throw. */
type Waiter = (outcome: Outcome<CachedPage>) => void

/** The part of a page for a response, and its forms, the best first. */
export interface BodyRequest {
  readonly codings: readonly Coding[]
  readonly selection: Selection
}

export interface CodedBody {
  readonly coding: Coding
  readonly body: Body
}

/** A body that does not change before `release`. Call `release` once the client has the body. */
export interface HeldBody extends CodedBody {
  readonly release: () => void
}

interface Entry {
  readonly cached: CachedPage
  readonly renderedAt: number
  readonly expiry: NodeJS.Timeout
  readonly release: () => void
}

/** Renders a page once for all simultaneous requests. Keeps the page up to the maximum age. */
export class PageCache {
  readonly #options: PageCacheOptions
  readonly #encoder = new PageEncoder()
  readonly #entries = new Map<TextFormat, Entry>()
  /** Bounded by the connections of the endpoint: each has a single page under way. */
  readonly #waiting = new Map<TextFormat, Waiter[]>()
  /** Formats of pages to render, the first under way. At most one more for each format. */
  readonly #turns: TextFormat[] = []
  /** Grows when earlier pages are no longer wanted. */
  #generation = 0

  constructor(options: PageCacheOptions) {
    this.#options = options
  }

  /** Calls back with the page: at once from the cache, otherwise after rendering. */
  get(format: TextFormat, waiter: Waiter): void {
    const cached = this.#fresh(format)
    if (cached) {
      waiter({ kind: 'done', value: cached })
      return
    }
    const waiting = this.#waiting.get(format)
    if (waiting) {
      waiting.push(waiter)
      return
    }
    this.#waiting.set(format, [waiter])
    const serve = (): void => this.#await(format)
    const recent = this.#options.freshen?.()
    // Requests up to the next turn of the event loop share the page.
    if (recent === undefined) setImmediate(serve)
    else recent.then(serve, serve)
  }

  /** Calls back with a part of a page, in the first form that fits. */
  body(
    { page, bodies, bytes, uses }: CachedPage,
    { codings, selection }: BodyRequest,
    waiter: (outcome: Outcome<HeldBody>) => void,
  ): void {
    const release = uses.begin()
    const answer = (outcome: Outcome<CodedBody>): void => {
      if (outcome.kind === 'done') waiter({ kind: 'done', value: { ...outcome.value, release } })
      else {
        release()
        waiter(outcome)
      }
    }
    const coding = codings.find((each) => fits(each, bytes)) ?? 'identity'
    if (selection === 'everything') bodies.get(coding)?.get(answer)
    else runInParts(() => this.#select(page, selection, coding), answer)
  }

  clear(): void {
    this.#generation += 1
    for (const format of this.#entries.keys()) this.#delete(format)
  }

  /** Pages of two formats wait for each other: each page takes memory. */
  #await(format: TextFormat): void {
    this.#turns.push(format)
    if (this.#turns.length === 1) this.#serve(format)
  }

  #fresh(format: TextFormat): CachedPage | undefined {
    const entry = this.#entries.get(format)
    const isFresh = entry && performance.now() - entry.renderedAt <= this.#options.maxAgeMs
    return isFresh ? entry.cached : undefined
  }

  #serve(format: TextFormat): void {
    // The page that was under way before can be recent enough.
    const waiters = this.#takeWaiting(format)
    const cached = this.#fresh(format)
    if (cached) {
      this.#end({ kind: 'done', value: cached }, waiters)
      return
    }
    const renderedAt = performance.now()
    const generation = this.#generation
    this.#delete(format)
    runInParts(
      () => this.#render(format),
      (outcome) => {
        const isWanted = outcome.kind === 'done' && generation === this.#generation
        if (isWanted) this.#keep(format, outcome.value, renderedAt)
        this.#end(outcome, waiters)
      },
    )
  }

  #takeWaiting(format: TextFormat): readonly Waiter[] {
    const waiters = this.#waiting.get(format) ?? []
    this.#waiting.delete(format)
    return waiters
  }

  #end(outcome: Outcome<CachedPage>, waiters: readonly Waiter[]): void {
    const release = outcome.kind === 'done' ? outcome.value.uses.begin() : undefined
    for (const waiter of waiters) waiter(outcome)
    release?.()
    this.#turns.shift()
    const [next] = this.#turns
    if (next) this.#serve(next)
  }

  *#render(format: TextFormat): InParts<CachedPage> {
    const page = yield* this.#options.render(format)
    const whole = bodyOf(partsOf(page))
    const encode = (coding: Coding): SharedJob<CodedBody> => {
      return new SharedJob(() => this.#encode(whole.parts, coding))
    }
    const codings: readonly Coding[] = ['identity', 'gzip', 'zstd']
    const bodies = new Map(codings.map((coding) => [coding, encode(coding)]))
    return { page, bodies, bytes: whole.bytes, uses: new PageUses(() => page.release?.()) }
  }

  *#select(page: Page, names: ReadonlySet<string>, coding: Coding): InParts<CodedBody> {
    return yield* this.#encode(yield* selectFrom(page, names), coding)
  }

  *#encode(parts: readonly Buffer[], coding: Coding): InParts<CodedBody> {
    return { coding, body: yield* this.#encoder.encode(parts, coding) }
  }

  #keep(format: TextFormat, cached: CachedPage, renderedAt: number): void {
    const { maxAgeMs } = this.#options
    if (maxAgeMs <= 0) return
    // The largest object of the thread. Without expiry, the page lives until a scrape.
    const expiry = setTimeout(() => this.#delete(format), maxAgeMs).unref()
    this.#entries.set(format, { cached, renderedAt, expiry, release: cached.uses.begin() })
  }

  #delete(format: TextFormat): void {
    const entry = this.#entries.get(format)
    clearTimeout(entry?.expiry)
    entry?.release()
    this.#entries.delete(format)
  }
}
