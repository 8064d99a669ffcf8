import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { isIP, type Server } from 'node:net'
import { overlap } from '../../model/address.ts'
import type { Stray } from '../../model/stray.ts'
import { type Stop, stopAll } from '../../support/stop.ts'
import { callSites } from './call-sites.ts'

export interface StrayServersOptions {
  /** Where the metrics endpoint listens, or tries to. With port 0 there is none that somebody could want. */
  readonly endpoint: { readonly host: string; readonly port: number }
  /** Tells servers that are not the application's. */
  readonly ignores: (server: Server) => boolean
  readonly isWorker: boolean
  /** Called once for each kind: what a process does wrong, it does again. */
  readonly onStray: (stray: Pick<Stray, 'kind' | 'port'>) => void
  readonly onFault: (part: string) => void
}

interface Place {
  readonly host?: unknown
  readonly port?: unknown
}

interface Attempt {
  readonly server: Server
  readonly options?: Place
  readonly error?: { readonly code?: unknown; readonly address?: unknown; readonly port?: unknown }
}

/**
 * Finds servers of the application's that stand in the way of the metrics, by what `node:net` publishes of
 * every `listen()`. Nothing is done at any other time.
 */
export class StrayServers {
  readonly #options: StrayServersOptions
  readonly #told = new Set<Stray['kind']>()
  readonly #stops: Stop[]

  constructor(options: StrayServersOptions) {
    this.#options = options
    this.#stops = [
      this.#on('asyncStart', (attempt) => this.#begins(attempt.options)),
      this.#on('asyncEnd', ({ server }) => this.#listens(server)),
      this.#on('error', ({ error }) => {
        if (error?.code === 'EADDRINUSE') this.#look({ host: error.address, port: error.port })
      }),
    ]
  }

  stop(): void {
    stopAll(this.#stops)
  }

  #on(event: 'asyncStart' | 'asyncEnd' | 'error', act: (attempt: Attempt) => void): Stop {
    const channel = `tracing:net.server.listen:${event}`
    const listener = (message: unknown): void => {
      try {
        const attempt = message as Attempt
        if (!this.#options.ignores(attempt.server)) act(attempt)
      } catch {
        this.#options.onFault('stray_servers')
      }
    }
    subscribe(channel, listener)
    return () => unsubscribe(channel, listener)
  }

  /** Whom a primary refuses a port hears of it by an event of the server's alone: so we look ahead. */
  #begins({ host, port }: Place = {}): void {
    // What a name stands for is not known yet.
    if (!host || isIP(String(host)) > 0) this.#look({ host, port })
    if (this.#options.isWorker && isExporterListening()) this.#tell('exporter', Number(port))
  }

  #listens(server: Server): void {
    const address = server.address()
    if (typeof address !== 'object' || address === null) return
    this.#look({ host: address.address, port: address.port })
  }

  #look({ host, port }: Place): void {
    const { endpoint } = this.#options
    if (endpoint.port === 0 || Number(port) !== endpoint.port) return
    if (overlap(endpoint.host, host ? String(host) : undefined)) {
      this.#tell('port', endpoint.port)
    }
  }

  #tell(kind: Stray['kind'], port: number): void {
    if (this.#told.has(kind)) return
    this.#told.add(kind)
    this.#options.onStray({ kind, port })
  }
}

/** Whether it is OTel's PrometheusExporter that listens right now: by its file, or bundled by its name. */
export function isExporterListening(): boolean {
  return callSites().some((site) => {
    const file = site.getFileName() ?? ''
    if (/@opentelemetry[\\/]exporter-prometheus[\\/]/.test(file)) return true
    return site.getTypeName() === 'PrometheusExporter' && site.getFunctionName() === 'startServer'
  })
}
