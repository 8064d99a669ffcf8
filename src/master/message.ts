import { isEnvelope } from '../support/envelope.ts'

/**
 * What a master and the agent in its workers tell each other over the cluster's channel. Node keeps
 * messages whose `cmd` starts with `NODE_` from the application.
 */
export type ToAgent =
  /** Finish what is in flight and end. */
  | { readonly cmd: typeof retireCommand }
  /** No connection is on its way to the worker any more. */
  | { readonly cmd: typeof releaseCommand }
  /** End now. */
  | { readonly cmd: typeof quitCommand }
  /** The master reopened its logs. */
  | { readonly cmd: typeof reopenCommand }

export type FromAgent =
  /** The event loop turns. */
  | { readonly cmd: typeof beatCommand }
  /** The worker has served as many requests as it was to. */
  | { readonly cmd: typeof spentCommand }
  /** Every server is closed and every connection gone. */
  | { readonly cmd: typeof drainedCommand }
  /** Somebody else than the master asked the worker to end: SIGTERM came. */
  | { readonly cmd: typeof askedCommand }

export const retireCommand = 'NODE_GUNICORN_RETIRE'
export const releaseCommand = 'NODE_GUNICORN_RELEASE'
export const quitCommand = 'NODE_GUNICORN_QUIT'
export const reopenCommand = 'NODE_GUNICORN_REOPEN'
export const beatCommand = 'NODE_GUNICORN_BEAT'
export const spentCommand = 'NODE_GUNICORN_SPENT'
export const drainedCommand = 'NODE_GUNICORN_DRAINED'
export const askedCommand = 'NODE_GUNICORN_ASKED'

/** The command of a message. Undefined for a message of the application or of another part. */
export function commandOf(message: unknown): ToAgent['cmd'] | FromAgent['cmd'] | undefined {
  return commands.find((command) => isEnvelope(message, command))
}

const commands = [
  retireCommand,
  releaseCommand,
  quitCommand,
  reopenCommand,
  beatCommand,
  spentCommand,
  drainedCommand,
  askedCommand,
] as const

/** How a master tells its agents what to do from the start: by this variable, as JSON. */
export const agentVariable = 'GUNICORN_AGENT'

export interface AgentSettings {
  /** How often the worker tells that its event loop turns, milliseconds; 0 = never. */
  readonly beatMs: number
  readonly keepAliveMs: number
  /** Requests after which the worker is spent; 0 = never. */
  readonly requests: number
}
