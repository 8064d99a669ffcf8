import { gzipSync } from 'node:zlib'
import type { Page, TextFormat } from '../exposition/text.ts'

/** A page as it is sent. */
export interface CachedPage {
  readonly page: Page
  readonly bytes: Buffer
  /** The bytes compressed, once for all who want them so. */
  readonly zipped: () => Buffer
}

export type PageResult =
  | { readonly kind: 'page'; readonly shared: CachedPage }
  | { readonly kind: 'failure'; readonly error: unknown }

export interface PageCacheOptions {
  /** May throw: whoever waits for the page is told. */
  readonly render: (format: TextFormat) => Page
  /** How long a page is shared with those who ask later; 0 = only with those who wait for it. Milliseconds. */
  readonly maxAgeMs: number
}

/** Must not throw. */
type Waiter = (outcome: PageResult) => void

interface Kept {
  readonly shared: CachedPage
  readonly renderedAt: number
  readonly release: NodeJS.Timeout
}

/** Renders a page once for all who ask for it at the same time, and keeps it for a moment. */
export class PageCache {
  readonly #options: PageCacheOptions
  readonly #kept = new Map<TextFormat, Kept>()
  /** Bounded by the connections of the endpoint: each has one page under way. */
  readonly #waiting = new Map<TextFormat, Waiter[]>()

  constructor(options: PageCacheOptions) {
    this.#options = options
  }

  /** Calls back with the page, at once where one of the right age is there. */
  ask(format: TextFormat, waiter: Waiter): void {
    const kept = this.#kept.get(format)
    if (kept && performance.now() - kept.renderedAt <= this.#options.maxAgeMs) {
      waiter({ kind: 'page', shared: kept.shared })
      return
    }
    const waiting = this.#waiting.get(format)
    if (waiting) {
      waiting.push(waiter)
      return
    }
    this.#waiting.set(format, [waiter])
    // Behind every request that has arrived by now.
    setImmediate(() => this.#serve(format))
  }

  /** Lets go of all pages. */
  clear(): void {
    for (const format of this.#kept.keys()) this.#release(format)
  }

  #serve(format: TextFormat): void {
    const waiters = this.#waiting.get(format) ?? []
    this.#waiting.delete(format)
    const outcome = this.#render(format)
    for (const waiter of waiters) waiter(outcome)
  }

  #render(format: TextFormat): PageResult {
    const { render, maxAgeMs } = this.#options
    const renderedAt = performance.now()
    this.#release(format)
    try {
      const shared = share(render(format))
      if (maxAgeMs > 0) {
        // Otherwise the largest thing we have stays until the next scrape.
        const release = setTimeout(() => this.#release(format), maxAgeMs).unref()
        this.#kept.set(format, { shared, renderedAt, release })
      }
      return { kind: 'page', shared }
    } catch (error) {
      return { kind: 'failure', error }
    }
  }

  #release(format: TextFormat): void {
    clearTimeout(this.#kept.get(format)?.release)
    this.#kept.delete(format)
  }
}

function share(page: Page): CachedPage {
  const bytes = Buffer.from(page.text)
  let zipped: Buffer | undefined
  return {
    page,
    bytes,
    zipped() {
      zipped ??= zip(bytes)
      return zipped
    },
  }
}

/**
 * Level 1: three quarters of the gain for a third of the time. In this thread, where nobody waits: the
 * pool behind the asynchronous way is the application's too.
 */
export function zip(bytes: Buffer): Buffer {
  return gzipSync(bytes, { level: 1 })
}
