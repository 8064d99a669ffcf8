import { gzipSync } from 'node:zlib'
import type { Page } from '../exposition/text.ts'
import type { TextFormat } from '../exposition/text-format.ts'

/** A page in the forms for responses. */
export interface CachedPage {
  readonly page: Page
  readonly bytes: Buffer
  /** The compressed bytes. The first call compresses; later calls return the same buffer. */
  readonly gzipped: () => Buffer
}

export type PageResult =
  | { readonly kind: 'page'; readonly cached: CachedPage }
  | { readonly kind: 'failure'; readonly error: unknown }

export interface PageCacheOptions {
  /** May throw; all waiting requests then get the error. */
  readonly render: (format: TextFormat) => Page
  /**
   * Called before rendering. @returns undefined, or a promise that resolves within a bound when the
   * content is recent.
   */
  readonly freshen?: (() => Promise<unknown> | undefined) | undefined
  /** Maximum age of a page for later requests, milliseconds. 0: only waiting requests share. */
  readonly maxAgeMs: number
}

/** Must not throw. */
type Waiter = (result: PageResult) => void

interface Entry {
  readonly cached: CachedPage
  readonly renderedAt: number
  readonly expiry: NodeJS.Timeout
}

/** Renders a page once for all simultaneous requests. Keeps the page up to the maximum age. */
export class PageCache {
  readonly #options: PageCacheOptions
  readonly #entries = new Map<TextFormat, Entry>()
  /** Bounded by the connections of the endpoint: each has a single page under way. */
  readonly #waiting = new Map<TextFormat, Waiter[]>()

  constructor(options: PageCacheOptions) {
    this.#options = options
  }

  /** Calls back with the page: at once from the cache, otherwise after rendering. */
  get(format: TextFormat, waiter: Waiter): void {
    const entry = this.#entries.get(format)
    if (entry && performance.now() - entry.renderedAt <= this.#options.maxAgeMs) {
      waiter({ kind: 'page', cached: entry.cached })
      return
    }
    const waiting = this.#waiting.get(format)
    if (waiting) {
      waiting.push(waiter)
      return
    }
    this.#waiting.set(format, [waiter])
    const serve = (): void => this.#serve(format)
    const recent = this.#options.freshen?.()
    // Requests up to the next turn of the event loop share the page.
    if (recent === undefined) setImmediate(serve)
    else recent.then(serve, serve)
  }

  clear(): void {
    for (const format of this.#entries.keys()) this.#delete(format)
  }

  #serve(format: TextFormat): void {
    const waiters = this.#waiting.get(format) ?? []
    this.#waiting.delete(format)
    const result = this.#render(format)
    for (const waiter of waiters) waiter(result)
  }

  #render(format: TextFormat): PageResult {
    const { render, maxAgeMs } = this.#options
    const renderedAt = performance.now()
    this.#delete(format)
    try {
      const cached = cachedPage(render(format))
      if (maxAgeMs > 0) {
        // The largest object of the thread. Without expiry, the page lives until a scrape.
        const expiry = setTimeout(() => this.#delete(format), maxAgeMs).unref()
        this.#entries.set(format, { cached, renderedAt, expiry })
      }
      return { kind: 'page', cached }
    } catch (error) {
      return { kind: 'failure', error }
    }
  }

  #delete(format: TextFormat): void {
    clearTimeout(this.#entries.get(format)?.expiry)
    this.#entries.delete(format)
  }
}

function cachedPage(page: Page): CachedPage {
  const bytes = Buffer.from(page.text)
  let gzipped: Buffer | undefined
  return {
    page,
    bytes,
    gzipped() {
      gzipped ??= gzip(bytes)
      return gzipped
    },
  }
}

/**
 * Level 1 reaches three quarters of the compression in a third of the time. The synchronous call
 * blocks only the exporter thread; the thread pool belongs to the application too.
 */
export function gzip(bytes: Buffer): Buffer {
  return gzipSync(bytes, { level: 1 })
}
