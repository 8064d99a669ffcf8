import type { ExporterSettings } from '../exporter/exporter-settings.ts'
import type { LogFormat } from '../log/log-line.ts'
import type { CodedText } from '../model/errors/coded-text.ts'
import type { RedisSettings } from '../share/redis/redis-settings.ts'

/** Settings of `serve`. */
export interface ServeSettings
  extends Pick<ExporterSettings, 'endpoint' | 'hasLivePage' | 'maxSeries' | 'page' | 'resource'> {
  /** Undefined without Redis. */
  readonly redis: RedisSettings | undefined
  /** The Kubernetes node whose instances `serve` shows of Redis; undefined for all. */
  readonly node: string | undefined
  /** The shared directory; undefined without a directory. */
  readonly directory: string | undefined
  /** The setting of the directory, as the user wrote its name. */
  readonly directorySetting: string
  /** Time between two measurements of the directory, milliseconds. */
  readonly updateIntervalMs: number
  readonly logFormat: LogFormat
  /** One sentence for each ignored setting. */
  readonly warnings: readonly CodedText[]
}
