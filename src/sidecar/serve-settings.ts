import type { ExporterSettings } from '../exporter/exporter-settings.ts'
import type { RedisSettings } from '../share/redis/redis-settings.ts'

/** Settings of `serve`. */
export interface ServeSettings extends Pick<ExporterSettings, 'endpoint' | 'maxSeries'> {
  /** Undefined where Redis is not read. */
  readonly redis: RedisSettings | undefined
  /** The shared directory; undefined where none is read. */
  readonly directory: string | undefined
  /** How often the directory is measured, milliseconds. */
  readonly updateIntervalMs: number
  /** What was ignored, a sentence each. */
  readonly warnings: readonly string[]
}
