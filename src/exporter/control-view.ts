import type { LiveRoute } from '../model/live/live-document.ts'

/** What the exporter thread knows for the control socket of a master. */
export interface ControlView {
  /** The document of `/status`, with details. */
  readonly status: string
  /** Null without a live page. */
  readonly routes: readonly LiveRoute[] | null
}
