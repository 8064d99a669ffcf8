import type { LiveDocument } from '../model/live/live-document.ts'
import type { Connection } from './connection/connection.ts'
import { Poller } from './connection/poller.ts'
import { announcement, type Heard, heardOf } from './data/announcement.ts'
import { mergedHistory, type Samples, sinceOf } from './data/history.ts'
import { byId, setText } from './dom/element.ts'
import { connectTheme } from './dom/theme.ts'
import { deaths } from './sections/deaths.ts'
import { exporter } from './sections/exporter.ts'
import { headline } from './sections/headline.ts'
import { instances } from './sections/instances.ts'
import { metrics } from './sections/metrics.ts'
import { notices } from './sections/notices.ts'
import { pageTitle } from './sections/page-title.ts'
import { plots } from './sections/plots.ts'
import { routes } from './sections/routes.ts'
import { workers } from './sections/workers.ts'

/** The live page: asks the endpoint, and shows each answer. */
class LivePage {
  readonly #announcer = byId('announcer', HTMLElement)
  readonly #plots = plots((text) => setText(this.#announcer, text))
  readonly #notices = notices(() => this.#poller.ask())
  readonly #showWorkers = workers()
  readonly #parts = [
    pageTitle(),
    headline(),
    instances((id) => this.#choose(id)),
    routes(),
    deaths(),
  ]
  readonly #lastParts = [exporter(), metrics()]
  readonly #poller: Poller
  #samples: Samples | undefined
  #instance: string | null = null
  #heard: Heard | undefined
  #connection: Connection = { state: 'connecting' }

  constructor() {
    connectTheme(byId('theme', HTMLButtonElement), () => this.#plots.draw())
    this.#poller = new Poller({
      address: () => this.#address(),
      onDocument: (document) => this.#show(document),
      onConnection: (connection) => this.#setConnection(connection),
    })
    // The seconds of a silence.
    setInterval(() => this.#notices.showConnection(this.#connection), 1_000)
  }

  #address(): string {
    const query = new URLSearchParams({ since: String(sinceOf(this.#samples)) })
    if (this.#instance !== null) query.set('instance', this.#instance)
    return `live?${query}`
  }

  #choose(instance: string | null): void {
    this.#instance = instance
    this.#samples = undefined
    this.#poller.ask()
  }

  #setConnection(connection: Connection): void {
    this.#connection = connection
    this.#notices.showConnection(connection)
  }

  #show(document: LiveDocument): void {
    const known = this.#samples
    const samples = mergedHistory(known, document.history)
    if (known !== undefined && known.epoch !== samples.epoch) this.#notices.showRestart()
    this.#samples = samples
    for (const show of [...this.#parts, ...this.#lastParts]) show(document)
    this.#notices.showDocument(document)
    this.#showWorkers(document, samples)
    if (known !== samples) this.#plots.update({ samples, workers: document.workers })
    this.#announce(document)
  }

  #announce(document: LiveDocument): void {
    const text = announcement(this.#heard, document)
    this.#heard = heardOf(document)
    if (text !== '') setText(this.#announcer, text)
  }
}

new LivePage()
