/** The resolved configuration. */
export interface Settings {
  readonly host: string
  /** 0 = any free port. */
  readonly port: number
  /** Directory for what must survive a worker; undefined = off. */
  readonly multiprocDir: string | undefined
  /** `age`: `worker_<age>_<start>`; `slot`: `worker_1 … worker_n`, reused by replacements. */
  readonly workerIds: 'age' | 'slot'
  /** Keeps `worker_id` on application metrics too instead of merging them across workers. */
  readonly keepWorkerId: boolean
}

export type Resolution =
  | { readonly kind: 'settings'; readonly settings: Settings }
  | { readonly kind: 'off' }
  /** Every fault at once, a sentence each. */
  | { readonly kind: 'faults'; readonly faults: readonly string[] }

export interface Defaults {
  readonly multiprocDir: string
}

type Environment = Readonly<Record<string, string | undefined>>

/** Resolves settings from environment variables; names in `docs/configuration.md`. */
export function resolveSettings(environment: Environment, defaults: Defaults): Resolution {
  const faults: string[] = []
  const read = new Reader(environment, faults)
  if (read.flag('OTEL_SDK_DISABLED', false)) return { kind: 'off' }
  const exporters = read.exporters('OTEL_METRICS_EXPORTER')
  const settings: Settings = {
    host: read.host(['PROMETHEUS_BIND_ADDRESS', 'OTEL_EXPORTER_PROMETHEUS_HOST'], '0.0.0.0'),
    port: read.port(['PROMETHEUS_METRICS_PORT', 'OTEL_EXPORTER_PROMETHEUS_PORT'], 9_091),
    multiprocDir: read.directory('PROMETHEUS_MULTIPROC_DIR', defaults.multiprocDir),
    workerIds: read.choice('GUNICORN_WORKER_ID', ['age', 'slot'], 'age'),
    keepWorkerId: read.flag('GUNICORN_KEEP_WORKER_ID', false),
  }
  if (faults.length > 0) return { kind: 'faults', faults }
  return exporters.has('none') ? { kind: 'off' } : { kind: 'settings', settings }
}

class Reader {
  readonly #environment: Environment
  readonly #faults: string[]

  constructor(environment: Environment, faults: string[]) {
    this.#environment = environment
    this.#faults = faults
  }

  port(names: readonly string[], fallback: number): number {
    const [name, text] = this.#first(names)
    if (text === undefined) return fallback
    const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
    if (port <= 65_535) return port
    this.#refuse(name, text, 'a port from 0 to 65535')
    return fallback
  }

  host(names: readonly string[], fallback: string): string {
    const [name, text] = this.#first(names)
    if (text === undefined) return fallback
    if (/^[\w.:%-]+$/.test(text)) return text
    this.#refuse(name, text, 'a host name or an IP address')
    return fallback
  }

  directory(name: string, fallback: string): string | undefined {
    const [, text] = this.#first([name])
    return text === 'off' ? undefined : (text ?? fallback)
  }

  choice<const T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const [, text] = this.#first([name])
    if (text === undefined) return fallback
    const choice = allowed.find((value) => value === text)
    if (choice === undefined) this.#refuse(name, text, allowed.join(' or '))
    return choice ?? fallback
  }

  flag(name: string, fallback: boolean): boolean {
    const [, text] = this.#first([name])
    if (text === undefined) return fallback
    if (/^(?:true|1|yes|on)$/i.test(text)) return true
    if (/^(?:false|0|no|off)$/i.test(text)) return false
    this.#refuse(name, text, 'true or false')
    return fallback
  }

  exporters(name: string): ReadonlySet<string> {
    const [, text] = this.#first([name])
    const named = (text ?? 'prometheus').split(',').map((item) => item.trim())
    for (const item of named) {
      if (item !== 'prometheus' && item !== 'none') {
        this.#refuse(name, item, 'prometheus or none (otlp is not supported yet)')
      }
    }
    return new Set(named)
  }

  /** An empty variable counts as unset, as OTel specifies. */
  #first(names: readonly string[]): [name: string, text: string | undefined] {
    const set = names.find((name) => this.#environment[name]?.trim())
    return [set ?? names.join(), set && this.#environment[set]?.trim()]
  }

  #refuse(name: string, got: string, allowed: string): void {
    this.#faults.push(`${name} is ${JSON.stringify(got)}; allowed is ${allowed}.`)
  }
}
