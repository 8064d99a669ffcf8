import { liveVersion } from '../../../model/live/live-document.ts'
import { parsedLive } from '../../../model/live/live-document-guard.ts'
import { nodeClock } from '../../../support/clock.ts'
import { answerFailure } from './answer-failure.ts'
import { type Answer, Connection, type ConnectionOptions } from './connection.ts'
import { PageDocuments } from './page-document.ts'
import { parsePageText } from './page-text.ts'
import type { Reading, TopDocument } from './reading.ts'
import { withStatus } from './status-document.ts'
import { TopFailure } from './top-failure.ts'

/** What a page at `/metrics` does not tell; one line of a usual terminal each. */
const pageNote = 'The exporter has no /live: rates come from two readings of /metrics.'
const pythonNote =
  'Python’s page: figures are of the last request of a worker. A hang does not show.'

/** Reads the figures of one exporter, at `/live` or else at `/metrics`. */
export class Source {
  readonly #options: ConnectionOptions
  readonly #connection: Connection
  readonly #pages = new PageDocuments()
  /** Where the last figures came from. A failure starts again at `/live`. */
  #place: Reading['source'] = 'live'
  /** Whether the exporter answers `/status` with a document. */
  #hasStatus = true
  #since: { readonly last: number; readonly instance: string | null } | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#connection = new Connection(options)
  }

  /**
   * @param instance of a sidecar; null: all instances.
   * @throws TopFailure
   */
  async read(instance: string | null): Promise<Reading> {
    try {
      return await this.#read(instance)
    } catch (error) {
      this.#place = 'live'
      this.#hasStatus = true
      this.#since = undefined
      throw error
    }
  }

  close(): void {
    this.#connection.close()
  }

  async #read(instance: string | null): Promise<Reading> {
    if (this.#place === 'live') {
      const answer = await this.#connection.get(this.#livePath(instance))
      const document = this.#liveOf(answer)
      if (document) {
        this.#since = { last: document.history.last, instance }
        return { source: 'live', document, notes: [] }
      }
      // Python's server answers every path with the page.
      if (isPage(answer)) return await this.#pageOf(answer)
    }
    return await this.#pageOf(await this.#connection.get('/metrics'))
  }

  #livePath(instance: string | null): string {
    const query = new URLSearchParams()
    // The history of another instance starts anew.
    if (this.#since?.instance === instance) query.set('since', String(this.#since.last))
    if (instance !== null) query.set('instance', instance)
    return query.size === 0 ? '/live' : `/live?${query}`
  }

  /** @returns undefined where the exporter has no `/live`. */
  #liveOf(answer: Answer): TopDocument | undefined {
    if (answer.status === 404 || isPage(answer)) return undefined
    const live = answer.status === 200 ? parsedLive(answer.body) : undefined
    if (live?.kind === 'document') return live.document
    if (live?.kind !== 'other version') throw this.#failure(answer)
    throw new TopFailure(
      `${this.#options.target.shown} has /live of version ${live.version}; this top reads ` +
        `version ${liveVersion}. Use the top of the same release as the exporter.`,
    )
  }

  async #pageOf(answer: Answer): Promise<Reading> {
    const samples = answer.status === 200 ? parsePageText(answer.body) : undefined
    const isOwn = samples?.some(({ name }) => name.startsWith('gunicorn_'))
    if (samples === undefined || !isOwn) throw this.#failure(answer)
    const page = this.#pages.document(samples, nodeClock.now())
    this.#place = 'metrics'
    const status = await this.#status()
    const document = withStatus(page, status)
    const isPython = status === undefined && document.exporterVersion === ''
    return { source: 'metrics', document, notes: [isPython ? pythonNote : pageNote] }
  }

  async #status(): Promise<unknown> {
    if (!this.#hasStatus) return undefined
    const { status, body } = await this.#connection.get('/status')
    const document = status === 200 ? parsedJson(body) : undefined
    this.#hasStatus = document !== undefined
    return document
  }

  #failure(answer: Answer): TopFailure {
    const { target, authorization } = this.#options
    return answerFailure(answer, { target, hasCredentials: authorization !== undefined })
  }
}

function isPage({ status, type }: Answer): boolean {
  return status === 200 && /^(?:text\/plain|application\/openmetrics-text)/.test(type)
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
