import type { MountedRequest, MountedResponse } from '../mount/refuse.ts'
import type { ForwarderStatus } from '../share/sharing-status.ts'

/**
 * Where a preloaded process has its preload. The package's entry is another bundle, perhaps several
 * times loaded: this is how it finds the one instance.
 */
export const preloadKey: unique symbol = Symbol.for('gunicorn-prometheus-exporter.preload')

export interface Preload {
  /** Answers a request with the page; false where no exporter runs. */
  readonly answer: (request: MountedRequest, response: MountedResponse) => boolean
  /** The state of the sharing by Redis; undefined where there is none to tell. */
  readonly forwarderStatus: () => Promise<ForwarderStatus | undefined>
}
