import { isIP, type Server } from 'node:net'
import { overlap } from '../../model/address.ts'
import type { ServerConflict } from '../../model/server-conflict.ts'
import { callSites } from '../../support/process/call-sites.ts'
import { type Stop, stopAll } from '../../support/stop.ts'
import { type ListenCall, type ListenEvent, observeListen } from './listening.ts'

export interface ServerConflictsOptions {
  /** The address of the metrics endpoint. No server conflicts with port 0. */
  readonly endpoint: { readonly host: string; readonly port: number }
  /** Whether a server does not belong to the application. */
  readonly ignores: (server: Server) => boolean
  readonly isWorker: boolean
  /** The port of a PrometheusExporter from before the preload. */
  readonly exporterPort?: number | undefined
  /** Called once for each kind of conflict, because a process repeats its conflicts. */
  readonly onConflict: (conflict: Pick<ServerConflict, 'kind' | 'port'>) => void
  readonly onFault: (component: string) => void
}

interface Address {
  readonly host?: unknown
  readonly port?: unknown
}

/**
 * Finds servers of the application that conflict with the metrics endpoint. Works only when a
 * server calls `listen()`, and costs nothing at other times.
 */
export class ServerConflicts {
  readonly #options: ServerConflictsOptions
  readonly #reported = new Set<ServerConflict['kind']>()
  readonly #stops: Stop[]

  constructor(options: ServerConflictsOptions) {
    this.#options = options
    this.#stops = [
      this.#on('asyncStart', ({ options: address }) => this.#checkStart(address)),
      this.#on('asyncEnd', ({ server }) => this.#checkListening(server)),
      this.#on('error', ({ error }) => {
        if (error?.code === 'EADDRINUSE') this.#check({ host: error.address, port: error.port })
      }),
    ]
    const { isWorker, exporterPort } = options
    if (isWorker && exporterPort !== undefined) this.#report('exporter', exporterPort)
  }

  stop(): void {
    stopAll(this.#stops)
  }

  #on(event: ListenEvent, act: (call: ListenCall) => void): Stop {
    return observeListen(
      event,
      (call) => {
        if (!this.#options.ignores(call.server)) act(call)
      },
      () => this.#options.onFault('server_conflicts'),
    )
  }

  /**
   * Checks before the server listens: if a primary refuses a port to its worker, only the server
   * emits an event.
   */
  #checkStart({ host, port }: Address = {}): void {
    // The address of a host name is not resolved yet.
    if (!host || isIP(String(host)) > 0) this.#check({ host, port })
    if (this.#options.isWorker && isExporterListening()) this.#report('exporter', Number(port))
  }

  #checkListening(server: Server): void {
    const address = server.address()
    if (typeof address !== 'object' || address === null) return
    this.#check({ host: address.address, port: address.port })
  }

  #check({ host, port }: Address): void {
    const { endpoint } = this.#options
    if (endpoint.port === 0 || Number(port) !== endpoint.port) return
    if (overlap(endpoint.host, host ? String(host) : undefined)) {
      this.#report('port', endpoint.port)
    }
  }

  #report(kind: ServerConflict['kind'], port: number): void {
    if (this.#reported.has(kind)) return
    this.#reported.add(kind)
    this.#options.onConflict({ kind, port })
  }
}

/**
 * Whether OTel's PrometheusExporter makes the current call of `listen()`. A bundled exporter has
 * another file name, so the class and method names count too.
 */
export function isExporterListening(): boolean {
  return callSites().some((site) => {
    const file = site.getFileName() ?? ''
    if (/@opentelemetry[\\/]exporter-prometheus[\\/]/.test(file)) return true
    return site.getTypeName() === 'PrometheusExporter' && site.getFunctionName() === 'startServer'
  })
}
