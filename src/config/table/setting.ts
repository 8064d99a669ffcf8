import type { SettingKind } from './kind.ts'

/** One setting as data. Documents, schema, command line and resolution read this data. */
export interface Setting<T = unknown> {
  readonly kind: SettingKind<T>
  readonly fallback: T
  /** The default in words, when the value says too little. */
  readonly fallbackText?: string
  /** Environment variables; the first variable that is set counts. */
  readonly env: readonly string[]
  /**
   * Variables of `env` that another SDK in the process reads too. A key of the file wins over these
   * variables.
   */
  readonly sharedEnv?: readonly string[]
  /** Keys of the YAML file below `exporter`; a file can have one of them. */
  readonly keys: readonly string[]
  readonly flag?: Flag
  /** Values that other programs set under the same name: ignored, with a warning. */
  readonly foreign?: { readonly pattern: RegExp; readonly reason: string }
  readonly help: string
  /** A heading in the documents. */
  readonly topic: Topic
}

/** The table of one topic. */
export type SettingTable<Values> = { readonly [Name in keyof Values]: Setting<Values[Name]> }

/** The option of the command line. */
interface Flag {
  readonly name: string
  readonly short?: string
  /** The placeholder of the value in the help. Undefined: the option alone means `true`. */
  readonly value?: string
  /** Whether the option can be given several times, for a list. */
  readonly repeats?: true
}

/** `redis-url` → `--redis-url`. */
export function withDashes(flag: string): string {
  return `--${flag}`
}

/** In the documents' order. */
export const topics = [
  'The endpoint',
  'TLS',
  'Access',
  'What the metrics say',
  'Requests by route',
  'Logs',
  'The master (`run`)',
  'Redis',
  'The sidecar (`serve`)',
  'OpenTelemetry',
] as const

export type Topic = (typeof topics)[number]

/** Kubernetes sets such variables in every pod of a namespace, for each Service. */
export const serviceLink: NonNullable<Setting['foreign']> = {
  pattern: /^(?:tcp|udp|sctp):\/\//,
  reason: 'Kubernetes sets this value for a Service of that name.',
}

/** The default of a setting that can be unset. */
export const none: { readonly fallback: undefined } = { fallback: undefined }
