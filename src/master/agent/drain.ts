import { Server as HttpServer, type ServerResponse } from 'node:http'
import type { Server, Socket } from 'node:net'
import { masterLimits } from '../../limits/master.ts'
import { nodeClock } from '../../support/clock.ts'
import { guarded } from '../../support/guarded.ts'
import { monotonicNow } from '../../support/intrinsics/monotonic-now.ts'
import { setImmediate } from '../../support/intrinsics/timers.ts'
import { guardedListener, replaceAtLimit } from '../../support/listeners/guarded-listener.ts'
import { guardedChannel } from '../../support/observe-channel.ts'
import { type Stop, stopAll } from '../../support/stop.ts'
import { Connections } from './connections.ts'
import { closeAfter } from './last-response.ts'
import { stopAccepting } from './stop-accepting.ts'

export interface DrainOptions {
  /** How long an idle connection stays open for another request, milliseconds; 0 = not at all. */
  readonly keepAliveMs: number
  /** Time until the master kills the worker, milliseconds; 0 = without limit. */
  readonly gracefulMs: number
  /** Called when no server accepts connections any more; again after a late server. */
  readonly onClosed: () => void
  /** Called during the drain, often: `rest` can have changed. */
  readonly onChange: () => void
  /** Called with the part that met an error. Must not throw. */
  readonly onFault: (part: string) => void
  /** Repeats an act. Default: a timer that does not keep the process alive. */
  readonly every?: (act: () => void, intervalMs: number) => Stop
  /** The clock, milliseconds; default: `monotonicNow()`. */
  readonly now?: () => number
}

/** The work that a drain still waits for. */
export type Rest =
  /** Requests, or connections that can bring a request. */
  | 'requests'
  /** Only streams and upgraded connections, which end when the application or the client wants. */
  | 'streams'
  | 'nothing'

interface ListenMessage {
  readonly server: Server
}

interface HttpMessage {
  readonly response: ServerResponse
  readonly socket: Socket
}

/**
 * Ends the service of a worker without a failed request. `server.close()` alone cuts idle
 * connections, and fails requests on the way. A draining worker accepts no new connection, ends
 * each connection with the next response, and closes connections that stay idle.
 */
export class Drain {
  readonly #options: DrainOptions
  readonly #connections: Connections
  readonly #stops: Stop[] = []
  /** Listening servers, each with the function that removes the listeners of the drain. */
  readonly #servers = new Map<Server, Stop>()
  #hasStarted = false

  constructor(options: DrainOptions) {
    this.#options = options
    this.#connections = new Connections({
      quiet: quietTimes(options),
      onEmpty: () => this.#changed(),
      onFault: options.onFault,
      now: options.now ?? monotonicNow,
    })
    const observe = guardedChannel(options.onFault)
    this.#stops.push(
      // A drain does not wait for a late server: Node.js does not report every failed `listen()`.
      observe<ListenMessage>('tracing:net.server.listen:asyncStart', ({ server }) => {
        if (!this.#hasStarted) this.#watch(server)
      }),
      observe<ListenMessage>('tracing:net.server.listen:error', ({ server }) => {
        this.#release(server)
      }),
      // At `asyncStart`, the server has no handle yet.
      observe<ListenMessage>('tracing:net.server.listen:asyncEnd', ({ server }) => {
        if (this.#hasStarted) this.#close([server])
      }),
      observe<HttpMessage>('http.server.request.start', ({ response, socket }) => {
        this.#connections.requested(socket, response)
        if (options.keepAliveMs === 0) closeAfter(response, options.onFault)
      }),
      observe<HttpMessage>('http.server.response.finish', ({ response, socket }) => {
        this.#connections.responded(socket, response)
      }),
    )
  }

  get hasStarted(): boolean {
    return this.#hasStarted
  }

  /** What the drain waits for. */
  get rest(): Rest {
    const activity = this.#connections.activity()
    if (activity === undefined) return 'nothing'
    return activity === 'endless' ? 'streams' : 'requests'
  }

  start(): void {
    if (this.#hasStarted) return
    this.#hasStarted = true
    const onFault = (): void => this.#options.onFault('drain')
    const attempt = (act: () => void): void => guarded(act, onFault)()
    attempt(() => this.#connections.endSoon())
    const { every = repeat } = this.#options
    this.#stops.push(every(() => attempt(() => this.#check()), masterLimits.drainCheckMs))
    attempt(() => this.#close([...this.#servers.keys()]))
  }

  /** Leaves servers and connections as they are from now on. */
  stop(): void {
    stopAll(this.#stops)
    stopAll([...this.#servers.values()])
  }

  #watch(server: Server): void {
    if (this.#servers.has(server)) return
    const listen = guardedListener(this.#options.onFault)
    const stops = [
      replaceAtLimit(server, listen),
      listen(server, 'close', () => this.#release(server)),
      this.#connections.watch(server),
    ]
    this.#servers.set(server, () => stopAll(stops))
    if ('keepAliveTimeout' in server) {
      this.#limitKeepAlive(server as HttpServer)
    }
  }

  #release(server: Server): void {
    const release = this.#servers.get(server)
    this.#servers.delete(server)
    release?.()
  }

  /** A value of the application stays. */
  #limitKeepAlive(server: HttpServer): void {
    const { keepAliveMs } = this.#options
    // For Node.js, 0 means no limit. With 0, each response ends the connection instead.
    if (keepAliveMs > 0 && server.keepAliveTimeout === new HttpServer().keepAliveTimeout) {
      server.keepAliveTimeout = keepAliveMs
    }
  }

  #close(servers: readonly Server[]): void {
    for (const server of servers) this.#stopAccepting(server)
    this.#options.onClosed()
  }

  /** A server that does not stop keeps no other server open. */
  #stopAccepting(server: Server): void {
    try {
      stopAccepting(server)
    } catch {
      this.#options.onFault('stop_accepting')
    }
  }

  #check(): void {
    this.#connections.endQuiet()
    this.#changed()
  }

  #changed(): void {
    if (this.#hasStarted) this.#options.onChange()
  }
}

function quietTimes({ keepAliveMs, gracefulMs }: DrainOptions): {
  readonly idleMs: number
  readonly partMs: number
} {
  const { idleMs, partMs } = masterLimits
  return {
    idleMs: Math.max(keepAliveMs, idleMs),
    partMs: gracefulMs > 0 ? Math.min(partMs, gracefulMs / 3) : partMs,
  }
}

/**
 * Node.js runs an act of `setImmediate()` after it has read from the sockets. A request that came
 * while the event loop was blocked is not cut.
 */
function repeat(act: () => void, intervalMs: number): Stop {
  return nodeClock.every(intervalMs, () => void setImmediate(act))
}
