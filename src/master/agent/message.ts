import { isEnvelope } from '../../support/envelope.ts'

/*
 * The messages between a master and the agents of the workers, over the channel of `cluster`.
 * Node.js does not show messages whose `cmd` starts with `NODE_` to the application.
 */

export type ToAgent =
  /** Finish all requests, and end. */
  | { readonly cmd: typeof retireCommand }
  /** The answer to `drainedCommand`: no connection is on its way to the worker. */
  | { readonly cmd: typeof releaseCommand }
  /** End at once. */
  | { readonly cmd: typeof quitCommand }
  /** The master has reopened its logs. */
  | { readonly cmd: typeof reopenCommand }

export type FromAgent =
  /** The event loop is not blocked. */
  | { readonly cmd: typeof beatCommand }
  /** The worker has served its number of requests. */
  | { readonly cmd: typeof spentCommand }
  /** Every server has closed, and every connection has ended. */
  | { readonly cmd: typeof drainedCommand }
  /** The worker got SIGTERM or SIGQUIT from a process other than the master. */
  | { readonly cmd: typeof askedCommand }
  /** The same, where the application has a listener for the signal and decides alone. */
  | { readonly cmd: typeof toldCommand }

export const retireCommand = 'NODE_GUNICORN_RETIRE'
export const releaseCommand = 'NODE_GUNICORN_RELEASE'
export const quitCommand = 'NODE_GUNICORN_QUIT'
export const reopenCommand = 'NODE_GUNICORN_REOPEN'
export const beatCommand = 'NODE_GUNICORN_BEAT'
export const spentCommand = 'NODE_GUNICORN_SPENT'
export const drainedCommand = 'NODE_GUNICORN_DRAINED'
export const askedCommand = 'NODE_GUNICORN_ASKED'
export const toldCommand = 'NODE_GUNICORN_TOLD'

const commands = [
  retireCommand,
  releaseCommand,
  quitCommand,
  reopenCommand,
  beatCommand,
  spentCommand,
  drainedCommand,
  askedCommand,
  toldCommand,
] as const

/** The command of a message; undefined for any other value of an application. */
export function commandOf(message: unknown): ToAgent['cmd'] | FromAgent['cmd'] | undefined {
  return commands.find((command) => isEnvelope(message, command))
}

/** The environment variable with a worker's `AgentSettings`, as JSON. */
export const agentVariable = 'GUNICORN_AGENT'

export interface AgentSettings {
  /** Time between two heartbeats, milliseconds; 0 = no heartbeat. */
  readonly beatMs: number
  /** How long a draining worker keeps an idle connection, milliseconds. */
  readonly keepAliveMs: number
  /** Number of requests until the worker is spent; 0 = never. */
  readonly requests: number
}
