import { rmSync } from 'node:fs'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Readiness } from '../endpoint/routes.ts'
import type { Metric } from '../model/metric.ts'
import { ContinuedState } from '../share/hand-over/continued-state.ts'
import { HandOver, type MovableEndpoint } from '../share/hand-over/hand-over.ts'
import type { StateSettings } from '../share/hand-over/state-settings.ts'
import { StateStore } from '../share/hand-over/state-store.ts'
import type { Exporter } from './exporter.ts'
import type { FromThread, Restarts, ThreadData, ToThread } from './thread-message.ts'

export interface ThreadHandOverOptions {
  readonly data: Pick<ThreadData & Restarts, 'settings' | 'predecessor' | 'state' | 'restarts'>
  /** Whether the clusters of both masters are on one page by other means. */
  readonly isShared: boolean
  readonly exporter: () => Pick<Exporter, 'shared' | 'readiness' | 'countFault'>
  readonly endpoint: () => Pick<Endpoint, 'setListening' | 'descriptor' | 'release'>
  readonly post: (message: FromThread) => void
}

/** The part of the exporter thread in an upgrade of the master. */
export class ThreadHandOver {
  readonly #options: ThreadHandOverOptions
  readonly #handOver: HandOver
  readonly #movable: MovableEndpoint
  readonly #store: StateStore | undefined
  /** Whether the listening socket comes from an old master: libuv does not remove its file. */
  #ownsFile = false

  constructor(options: ThreadHandOverOptions) {
    this.#options = options
    const { data, isShared, exporter, post } = options
    const { settings, restarts } = data
    const predecessor = predecessorOf(data)
    const continued = new ContinuedState(settings)
    this.#store = data.state && this.#newStore(data.state, continued)
    this.#movable = this.#newMovable()
    this.#handOver = new HandOver({
      predecessor,
      address: settings.isServed ? JSON.stringify(settings.endpoint.address) : undefined,
      endpoint: () => this.#movable,
      continued,
      collect: () => (isShared ? undefined : exporter().shared()),
      isReady: () => exporter().readiness().isReady,
      onNotice: (text) => post({ kind: 'notice', subject: 'upgrade', text }),
      onNothing: () => this.#store?.take() ?? false,
      onFault: () => exporter().countFault('hand_over'),
    })
    // A new thread after a crash gets all counts of the live workers again.
    if (!predecessor && restarts === 0) this.#store?.take()
  }

  /** Whether the endpoint has to wait for the end of the old master. */
  get holdsEndpoint(): boolean {
    return this.#handOver.holdsEndpoint
  }

  page(own: readonly Metric[]): Metric[] {
    this.#store?.beforePage()
    return this.#handOver.page(own, this.#store?.isOn ?? false)
  }

  /** An application is ready while one of two masters is ready. */
  readiness(): Readiness {
    const own = this.#options.exporter().readiness()
    if (own.isReady || !this.#handOver.isOtherReady) return own
    return { isReady: true, text: `The other master of an upgrade serves. Here: ${own.text}` }
  }

  receive({ act }: Extract<ToThread, { kind: 'hand over' }>): void {
    if (act === 'release') this.#handOver.release()
    else if (act === 'end') this.#handOver.successorEnded()
    else this.#handOver.offer((offer) => this.#options.post({ kind: 'hand-over offer', offer }))
  }

  async last(): Promise<void> {
    this.#store?.write(true)
    await this.#handOver.last()
    const { address } = this.#options.data.settings.endpoint
    if (this.#ownsFile && address.kind === 'unix') rmSync(address.path, { force: true })
  }

  #newStore(settings: StateSettings, continued: ContinuedState): StateStore {
    const { exporter, post } = this.#options
    return new StateStore({
      ...{ settings, continued },
      collect: () => exporter().shared(),
      other: () => this.#handOver.other,
      onNotice: (text) => post({ kind: 'notice', subject: 'state_dir', text }),
      onFault: () => exporter().countFault('state_dir'),
    })
  }

  #newMovable(): MovableEndpoint {
    const { endpoint } = this.#options
    return {
      descriptor: () => endpoint().descriptor(),
      listen: (inherited) => {
        this.#ownsFile = inherited !== undefined
        endpoint().setListening(true, inherited)
      },
      release: () => {
        this.#ownsFile = false
        endpoint().release()
      },
    }
  }
}

/**
 * The old master of the upgrade. After the end of the old master, its port and the number of its
 * descriptor can belong to others: a thread that starts again must use neither.
 */
function predecessorOf({
  predecessor,
  restarts,
}: ThreadHandOverOptions['data']): ThreadData['predecessor'] {
  return restarts === 0 || predecessor?.pid === process.ppid ? predecessor : undefined
}
