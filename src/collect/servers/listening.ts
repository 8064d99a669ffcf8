import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ListenOptions, Server } from 'node:net'
import { isHttpServer } from './servers.ts'

const channel = 'tracing:net.server.listen:asyncStart'

interface Attempt {
  readonly server: Server
  readonly options?: ListenOptions
}

/**
 * Calls back when a server of this process begins to listen, until one was the one that was waited for. Not for a pipe
 * that speaks no HTTP: launchers have one for the programs that they start, and serve nobody.
 * @param act must not throw. @returns whether the next servers need not be told.
 */
export function onListen(act: (server: Server) => boolean): void {
  const listener = (message: unknown): void => {
    const { server, options } = message as Attempt
    if (options?.path !== undefined && !isHttpServer(server)) return
    if (act(server)) unsubscribe(channel, listener)
  }
  subscribe(channel, listener)
}
