import type { MountedRequest, MountedResponse } from '../mount/refuse.ts'
import type { ForwarderStatus } from '../share/sharing-status.ts'
import type { DeathTeller, PackedPreload } from '../support/preload-key.ts'

/** What a preload offers under `preloadKey`. */
export interface Preload extends DeathTeller, PackedPreload {
  /** The version of the preload that runs. */
  readonly version: string
  /** Answers a request with the page. Returns `false` if no exporter runs. */
  readonly answer: (request: MountedRequest, response: MountedResponse) => boolean
  /** The state of the sharing by Redis; undefined if this process shares nothing. */
  readonly forwarderStatus: () => Promise<ForwarderStatus | undefined>
}
