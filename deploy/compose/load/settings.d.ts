import type { Weight } from './mix.js'

export interface Settings {
  readonly targets: readonly URL[]
  readonly mix: readonly Weight[]
  readonly faults: readonly string[]
  readonly rate: number
  readonly durationSeconds: number
  readonly faultEverySeconds: number
}

export declare function resolveSettings(env: Readonly<Record<string, string | undefined>>): Settings
