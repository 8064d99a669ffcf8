import type { LiveDeath, LiveDocument, LiveRoute } from '../../../model/live/live-document.ts'

/**
 * The figures that `top` shows. The form is the document of `/live`. A page at `/metrics` has fewer
 * figures, and more of them are null.
 */
export interface TopDocument extends Omit<LiveDocument, 'routes' | 'deaths'> {
  readonly routes: readonly TopRoute[]
  readonly deaths: readonly TopDeath[]
}

export type TopRoute = Omit<LiveRoute, 'requests'> & {
  /** Null: the page names the errors of the route only. */
  readonly requests: number | null
}

export type TopDeath = Omit<LiveDeath, 'endedAt' | 'ageSeconds'> & {
  readonly endedAt: number | null
  readonly ageSeconds: number | null
}

/** One answer of an exporter. */
export interface Reading {
  /** The path of the figures. */
  readonly source: 'live' | 'metrics'
  readonly document: TopDocument
  /** What the source does not tell, a sentence each. */
  readonly notes: readonly string[]
}
