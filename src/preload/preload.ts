import type { MountedRequest, MountedResponse } from '../mount/refuse.ts'
import type { ForwarderStatus } from '../share/sharing-status.ts'

/**
 * The global key of a process's preload. The package's entry is another bundle. A process can load
 * the entry several times. Each copy finds the preload by the key.
 */
export const preloadKey: unique symbol = Symbol.for('gunicorn-prometheus-exporter.preload')

export interface Preload {
  /** Answers a request with the page. Returns `false` if no exporter runs. */
  readonly answer: (request: MountedRequest, response: MountedResponse) => boolean
  /** The state of the sharing by Redis; undefined if this process shares nothing. */
  readonly forwarderStatus: () => Promise<ForwarderStatus | undefined>
}
