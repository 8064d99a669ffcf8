import type * as Datagrams from 'node:dgram'
import { requestLimits } from '../../limits/tools/requests.ts'
import type { StatsdSettings } from '../../model/request/observer-settings.ts'
import { messageOf } from '../../support/error-message.ts'
import { guarded } from '../../support/guarded.ts'
import { monotonicNow } from '../../support/intrinsics/monotonic-now.ts'
import { FaultReports, type FaultReportsOptions } from './fault-reports.ts'

export interface StatsdClientOptions extends StatsdSettings {
  /** Called with the number of lost datagrams and the reason. Must not throw. */
  readonly onLost: (datagrams: number, reason: string) => void
}

/** Counts and tells the datagrams that a client of this receiver loses. */
export function statsdFaults(
  { host, port }: StatsdSettings,
  options: Pick<FaultReportsOptions, 'warn' | 'count'>,
): FaultReports {
  return new FaultReports({
    code: 'GPE_STATSD',
    text: `StatsD at ${host}:${port} loses datagrams`,
    ...options,
  })
}

type State =
  | { readonly kind: 'closed'; readonly retryAt: number }
  | { readonly kind: 'connecting'; readonly socket: Datagrams.Socket }
  | { readonly kind: 'connected'; readonly socket: Datagrams.Socket }

/**
 * Sends lines to a StatsD server by UDP, several in a datagram. Never waits for the receiver: what
 * the system does not take is lost and counted.
 */
export class StatsdClient {
  readonly #options: StatsdClientOptions
  #state: State = { kind: 'closed', retryAt: Number.NEGATIVE_INFINITY }
  /** Datagrams that wait for the address of the receiver. */
  readonly #waiting: string[] = []
  #inFlight = 0

  constructor(options: StatsdClientOptions) {
    this.#options = options
  }

  /** @param lines such as `gunicorn.requests:1|c|@1.0`, without prefix and tags. */
  send(lines: readonly string[]): void {
    const { prefix, tags } = this.#options
    const end = tags === '' ? '' : `|#${tags}`
    let datagram = ''
    for (const line of lines) {
      const whole = `${prefix}${line}${end}`
      if (datagram !== '' && datagram.length + whole.length + 1 > requestLimits.datagramBytes) {
        this.#post(datagram)
        datagram = ''
      }
      datagram = datagram === '' ? whole : `${datagram}\n${whole}`
    }
    if (datagram !== '') this.#post(datagram)
  }

  close(): void {
    const state = this.#state
    if (state.kind !== 'closed') state.socket.close()
    this.#state = { kind: 'closed', retryAt: Number.POSITIVE_INFINITY }
  }

  #post(datagram: string): void {
    const state = this.#state
    if (state.kind === 'connected') {
      this.#sendBy(state.socket, datagram)
      return
    }
    if (this.#waiting.length >= requestLimits.waitingDatagrams) {
      this.#options.onLost(1, 'the address of the receiver is not known yet')
      return
    }
    this.#waiting.push(datagram)
    if (state.kind === 'closed' && monotonicNow() >= state.retryAt) this.#connect()
  }

  #connect(): void {
    const { host, port, onLost } = this.#options
    // Loaded on demand: a worker without StatsD does not need the module.
    const { createSocket } = process.getBuiltinModule('node:dgram')
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    socket.unref()
    this.#state = { kind: 'connecting', socket }
    const onFault = (): void => onLost(1, 'an error of StatsD')
    const failed = guarded((error: unknown) => this.#failed(socket, error), onFault)
    socket.on('error', failed)
    // Node.js calls the function with an error where the name of the host is unknown.
    const connected: (error?: unknown) => void = (error) => {
      if (error) failed(error)
      else guarded(() => this.#connected(socket), onFault)()
    }
    socket.connect(port, host, connected)
  }

  #connected(socket: Datagrams.Socket): void {
    if (this.#state.kind !== 'connecting') return
    this.#state = { kind: 'connected', socket }
    for (const datagram of this.#waiting.splice(0)) this.#sendBy(socket, datagram)
  }

  #failed(socket: Datagrams.Socket, error: unknown): void {
    const lost = this.#waiting.splice(0).length
    this.#options.onLost(Math.max(1, lost), messageOf(error))
    if (this.#state.kind === 'connecting') this.#drop(socket)
  }

  #drop(socket: Datagrams.Socket): void {
    this.#state = { kind: 'closed', retryAt: monotonicNow() + requestLimits.statsdRetryMs }
    socket.close()
  }

  #sendBy(socket: Datagrams.Socket, datagram: string): void {
    if (this.#inFlight >= requestLimits.waitingDatagrams) {
      this.#options.onLost(1, 'the system does not take more datagrams')
      return
    }
    this.#inFlight += 1
    socket.send(datagram, (error) => {
      this.#inFlight -= 1
      if (error) this.#options.onLost(1, messageOf(error))
    })
  }
}
