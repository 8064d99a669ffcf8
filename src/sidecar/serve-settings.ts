import type { ExporterSettings } from '../export/exporter-settings.ts'
import type { ShareSettings } from '../share/share-settings.ts'

/** Settings of `serve`. */
export interface ServeSettings extends Pick<ExporterSettings, 'endpoint' | 'maxSeries'> {
  /** Undefined where Redis is not read. */
  readonly redis: ShareSettings | undefined
  /** The shared directory; undefined where none is read. */
  readonly directory: string | undefined
  /** How often the directory is measured, milliseconds. */
  readonly updateIntervalMs: number
  /** What was ignored, a sentence each. */
  readonly warnings: readonly string[]
}
