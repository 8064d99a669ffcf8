import type { Server } from 'node:net'
import { observeChannel } from '../../support/observe-channel.ts'
import type { Stop } from '../../support/stop.ts'
import { isHttpServer } from './server-kind.ts'

/** A call of `listen()`, as `node:net` publishes the call. */
export interface ListenCall {
  readonly server: Server
  readonly options?: { readonly host?: unknown; readonly port?: unknown; readonly path?: unknown }
  /** The reason of an `error` event. */
  readonly error?: { readonly code?: unknown; readonly address?: unknown; readonly port?: unknown }
}

/** `asyncStart`: the call begins. `asyncEnd`: the server listens. `error`: the call failed. */
export type ListenEvent = 'asyncStart' | 'asyncEnd' | 'error'

/**
 * Observes the calls of `listen()` in this process.
 * @param onFault called if `act` throws. The error never reaches the application.
 */
export function observeListen(
  event: ListenEvent,
  act: (call: ListenCall) => void,
  onFault: () => void,
): Stop {
  return observeChannel(`tracing:net.server.listen:${event}`, (call: ListenCall) => {
    try {
      act(call)
    } catch {
      onFault()
    }
  })
}

/**
 * Calls back when a server of this process begins to listen. Skips pipes without HTTP: launchers
 * open pipes to their programs.
 *
 * @param act returns whether the calls end.
 * @param onFault called if `act` throws. The error never reaches the application.
 */
export function onListen(act: (server: Server) => boolean, onFault: () => void): void {
  const stop = observeListen(
    'asyncStart',
    ({ server, options }) => {
      if (options?.path !== undefined && !isHttpServer(server)) return
      if (act(server)) stop()
    },
    onFault,
  )
}
