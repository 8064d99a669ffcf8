/** Where and how the workers of a master log requests. */
export interface AccessLogSettings {
  /** A path, or `-` for stdout. */
  readonly file: string
  /** gunicorn's atoms, or `json`. */
  readonly format: string
}

/** The receiver of StatsD lines. */
export interface StatsdSettings {
  readonly host: string
  readonly port: number
  /** Empty, or with a dot at the end. */
  readonly prefix: string
  /** Tags of DogStatsD, separated by commas; empty: none. */
  readonly tags: string
}
