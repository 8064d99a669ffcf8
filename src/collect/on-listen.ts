import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Server } from 'node:net'

const channel = 'tracing:net.server.listen:asyncStart'

/**
 * Calls back when a server of this process begins to listen, until one was the one that was waited for.
 * @param act must not throw. @returns whether the next servers need not be told.
 */
export function onListen(act: (server: Server) => boolean): void {
  const listener = (message: unknown): void => {
    if (act((message as { server: Server }).server)) unsubscribe(channel, listener)
  }
  subscribe(channel, listener)
}
