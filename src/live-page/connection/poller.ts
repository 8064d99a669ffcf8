import { livePageLimits } from '../../limits/tools/live-page.ts'
import type { LiveDocument } from '../../model/live/live-document.ts'
import { parsedLive } from '../../model/live/live-document-guard.ts'
import { backoffMs } from '../../support/backoff.ts'
import { pauseMs } from '../data/pause.ts'
import type { Connection } from './connection.ts'

export interface PollerOptions {
  /** The address of the next request, relative to the page. */
  readonly address: () => string
  readonly onDocument: (document: LiveDocument) => void
  readonly onConnection: (connection: Connection) => void
}

const backoff = {
  firstMs: livePageLimits.firstPauseMs,
  lastMs: livePageLimits.lastPauseMs,
  // Many pages would otherwise ask a restarted endpoint at the same time.
  jitter: { from: 0.8, to: 1.2 },
}

type Outcome =
  | { readonly kind: 'document'; readonly document: LiveDocument }
  | { readonly kind: 'end'; readonly connection: Connection }
  | { readonly kind: 'failure'; readonly reason: string }

/** Asks once a second while the page is visible, with one request under way at most. */
export class Poller {
  readonly #options: PollerOptions
  #timer: ReturnType<typeof setTimeout> | undefined
  #underWay: AbortController | undefined
  #failures = 0
  #answeredAt: number | null = null
  #silentSince = 0
  #isEnded = false

  constructor(options: PollerOptions) {
    this.#options = options
    document.addEventListener('visibilitychange', () => this.#changeVisibility())
    if (!document.hidden) this.ask()
  }

  /** Asks now. A request under way ends without effect: its address may be old. */
  ask(): void {
    if (this.#isEnded) return
    clearTimeout(this.#timer)
    this.#underWay?.abort()
    void this.#round()
  }

  #changeVisibility(): void {
    if (!document.hidden) this.ask()
    else if (!this.#isEnded) this.#pause()
  }

  #pause(): void {
    clearTimeout(this.#timer)
    this.#underWay?.abort()
    this.#underWay = undefined
    this.#options.onConnection({ state: 'paused' })
  }

  async #round(): Promise<void> {
    const begin = performance.now()
    const control = new AbortController()
    this.#underWay = control
    const outcome = await outcomeOf(this.#options.address(), control.signal)
    if (this.#underWay !== control) return
    this.#underWay = undefined
    if (outcome.kind === 'end') {
      this.#isEnded = true
      this.#options.onConnection(outcome.connection)
      return
    }
    const restMs =
      outcome.kind === 'document'
        ? this.#received(outcome.document, begin)
        : this.#missed(outcome.reason)
    this.#timer = setTimeout(() => void this.#round(), restMs)
  }

  /** @param begin of the request, by the clock that nobody sets. */
  #received(document: LiveDocument, begin: number): number {
    try {
      this.#options.onDocument(document)
    } catch {
      // One answer that the page cannot show must not end the questions.
      return this.#missed('the page cannot show the answer')
    }
    this.#failures = 0
    this.#answeredAt = Date.now()
    this.#options.onConnection({ state: 'live', answeredAt: this.#answeredAt })
    return Math.max(pauseMs(document) - (performance.now() - begin), livePageLimits.pollMs / 4)
  }

  #missed(reason: string): number {
    if (this.#failures === 0) this.#silentSince = Date.now()
    this.#failures += 1
    const restMs = backoffMs(this.#failures, backoff)
    this.#options.onConnection({
      state: 'silent',
      since: this.#answeredAt ?? this.#silentSince,
      answeredAt: this.#answeredAt,
      failures: this.#failures,
      nextAt: Date.now() + restMs,
      reason,
    })
    return restMs
  }
}

async function outcomeOf(address: string, aborted: AbortSignal): Promise<Outcome> {
  try {
    const signal = AbortSignal.any([aborted, AbortSignal.timeout(livePageLimits.answerMs)])
    const response = await fetch(address, { signal, cache: 'no-store', redirect: 'error' })
    if (response.status === 401) return { kind: 'end', connection: { state: 'refused' } }
    if (!response.ok) return { kind: 'failure', reason: reasonOf(response.status) }
    const answer = parsedLive(await response.text())
    if (answer.kind === 'document') return answer
    if (answer.kind === 'other version') return { kind: 'end', connection: { state: 'outdated' } }
    return { kind: 'failure', reason: 'the answer is unreadable' }
  } catch (error) {
    const isLate = error instanceof DOMException && error.name === 'TimeoutError'
    return { kind: 'failure', reason: isLate ? 'the endpoint is too slow' : 'no connection' }
  }
}

function reasonOf(status: number): string {
  if (status === 403) return 'the endpoint refuses this browser'
  if (status === 404) return 'the endpoint does not have this instance, or no live page'
  return status === 503 ? 'the endpoint is busy' : `status ${status}`
}
