import type { LiveColumn } from '../../model/live/live-document.ts'

/** A line of a plot with its look. */
export interface PlotLine {
  readonly key: string
  readonly name: string
  readonly values: LiveColumn
  /** Number of the color, from 0 to 7. */
  readonly color: number
  /** Fills the area below the line, or the band to the next line. */
  readonly fill?: 'below' | 'band'
}

export interface PlotOptions {
  readonly title: string
  readonly text: (value: number | null | undefined) => string
  /** The axis reaches at least this value, so that noise near zero looks like noise. */
  readonly least: number
  /** The sentence without values. */
  readonly empty: string
}
