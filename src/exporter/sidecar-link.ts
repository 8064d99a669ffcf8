import type { Endpoint } from '../endpoint/endpoint.ts'
import { type CodedText, coded } from '../model/errors/coded-text.ts'
import type { DirectoryPublisher } from '../share/directory/directory-publisher.ts'
import type { SidecarPresence } from '../share/directory/sidecar-presence.ts'
import { SidecarWatch, type SidecarWatchOptions } from '../share/directory/sidecar-watch.ts'

export interface SidecarLinkOptions
  extends Pick<SidecarWatchOptions, 'directory' | 'clock' | 'find'> {
  /** Port of the own endpoint; undefined without one. */
  readonly port: number | undefined
  /** Whether this process shares by Redis. */
  readonly sharesByRedis: boolean
  /** Starts to write this cluster's state into the directory. */
  readonly publish: () => Pick<DirectoryPublisher, 'last'>
  /** Called with a text for the operator. */
  readonly onNotice: (text: CodedText) => void
}

/**
 * Works with a sidecar that reads PROMETHEUS_MULTIPROC_DIR: writes this cluster's state for the
 * sidecar, and leaves the port to the sidecar, if both want the same.
 */
export class SidecarLink {
  readonly #options: SidecarLinkOptions
  readonly #watch: SidecarWatch
  #publisher: Pick<DirectoryPublisher, 'last'> | undefined
  #givesWay = false
  #endpoint: Pick<Endpoint, 'setListening'> | undefined

  constructor(options: SidecarLinkOptions) {
    this.#options = options
    this.#watch = new SidecarWatch({ ...options, onChange: (sidecar) => this.#changed(sidecar) })
  }

  /** Whether a sidecar has the port of the own endpoint. */
  get givesWay(): boolean {
    return this.#givesWay
  }

  /** Sets the endpoint that gives way to the sidecar. */
  setEndpoint(endpoint: Pick<Endpoint, 'setListening'>): void {
    this.#endpoint = endpoint
  }

  /** Writes the final state. */
  last(): void {
    this.#watch.stop()
    this.#publisher?.last()
  }

  #changed(sidecar: SidecarPresence | undefined): void {
    const { port, directory, sharesByRedis, publish, onNotice } = this.#options
    // A sidecar would show a process of Redis twice. The state goes on once it is written: a next
    // sidecar of the directory finds it.
    if (sidecar && !(sharesByRedis && sidecar.readsRedis)) this.#publisher ??= publish()
    const givesWay = port !== undefined && this.#isPortOf(sidecar)
    if (givesWay === this.#givesWay) return
    this.#givesWay = givesWay
    const text = givesWay
      ? `a sidecar shows the metrics on port ${port}, and reads them from ${directory}`
      : `no sidecar has port ${port} any more: this process shows its metrics there`
    onNotice(coded('GPE_SIDECAR_PORT', text))
    this.#endpoint?.setListening(!givesWay)
  }

  #isPortOf(sidecar: SidecarPresence | undefined): boolean {
    return sidecar !== undefined && sidecar.port === this.#options.port
  }
}
