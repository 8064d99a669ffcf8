import type { ControlView } from '../../exporter/control-view.ts'
import type { FromThread, ToThread } from '../../exporter/thread-message.ts'
import type { ForwarderStatus } from '../../share/sharing-status.ts'
import { ThreadQuestion } from './thread-question.ts'

/** The requests of a master, and of the application, that the exporter thread answers. */
export class ThreadRequests {
  /** The state of the sharing by Redis; `undefined` without sharing. */
  readonly forwarder: ThreadQuestion<ForwarderStatus>
  /** What the control socket of a master shows. */
  readonly view: ThreadQuestion<ControlView>
  readonly #post: (message: ToThread) => void
  #onScraped: () => void = () => {}

  /** @param post sends a message to the exporter thread. */
  constructor(post: (message: ToThread) => void) {
    this.#post = post
    this.forwarder = new ThreadQuestion(() => post({ kind: 'forwarder' }))
    this.view = new ThreadQuestion(() => post({ kind: 'view' }))
  }

  /** Calls back once: when a client has got the page, or at once if nobody scrapes. */
  awaitScrape(done: () => void): void {
    this.#onScraped = done
    this.#post({ kind: 'await scrape' })
  }

  receive(message: FromThread): void {
    if (message.kind === 'scraped') this.#onScraped()
    if (message.kind === 'forwarder') this.forwarder.answer(message.status)
    if (message.kind === 'view') this.view.answer(message.view)
  }
}
