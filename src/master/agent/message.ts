import { isEnvelope } from '../../support/envelope.ts'
import { isRecord } from '../../support/guards.ts'
import { type ObserverSettings, parseObserverSettings } from '../requests/request-observers.ts'

/*
 * The messages between a master and the agents of the workers, over the channel of `cluster`.
 * Node.js does not show messages whose `cmd` starts with `NODE_` to the application.
 */

/** The signals that an agent keeps from the application until the master decides. */
export const heldSignals = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP'] as const

export type HeldSignal = (typeof heldSignals)[number]

export type ToAgent =
  /** Finish all requests, and end. */
  | { readonly cmd: typeof retireCommand }
  /** The answer to `closedCommand`: no connection is on its way to the worker. */
  | { readonly cmd: typeof releaseCommand }
  /** End at once. An application that listens for the signal gets the signal first. */
  | { readonly cmd: typeof quitCommand; readonly signal: HeldSignal }
  /** The answer to `askedCommand`: the master decides. */
  | { readonly cmd: typeof heardCommand }
  /** The master has reopened its logs. */
  | { readonly cmd: typeof reopenCommand }

export type FromAgent =
  /** The event loop is not blocked. The resident memory of the worker, bytes. */
  | { readonly cmd: typeof beatCommand; readonly rssBytes: number }
  /** The worker has served its number of requests. */
  | { readonly cmd: typeof spentCommand }
  /** No server of the worker accepts connections any more. */
  | { readonly cmd: typeof closedCommand }
  /** The worker got this signal. The sender may have signalled the whole process group. */
  | { readonly cmd: typeof askedCommand; readonly signal: HeldSignal }
  /** The worker had no listener for a while, and can have missed the last command. */
  | { readonly cmd: typeof missedCommand }

export const retireCommand = 'NODE_GUNICORN_RETIRE'
export const releaseCommand = 'NODE_GUNICORN_RELEASE'
export const quitCommand = 'NODE_GUNICORN_QUIT'
export const heardCommand = 'NODE_GUNICORN_HEARD'
export const reopenCommand = 'NODE_GUNICORN_REOPEN'
export const beatCommand = 'NODE_GUNICORN_BEAT'
export const spentCommand = 'NODE_GUNICORN_SPENT'
export const closedCommand = 'NODE_GUNICORN_CLOSED'
export const askedCommand = 'NODE_GUNICORN_ASKED'
export const missedCommand = 'NODE_GUNICORN_MISSED'

const plainToAgent = [retireCommand, releaseCommand, heardCommand, reopenCommand] as const
const plainFromAgent = [spentCommand, closedCommand, missedCommand] as const

/** The message of a master; undefined for any other value. */
export function parseToAgent(message: unknown): ToAgent | undefined {
  if (isEnvelope(message, quitCommand)) {
    const signal = signalOf(message['signal'])
    return signal && { cmd: quitCommand, signal }
  }
  const cmd = plainToAgent.find((command) => isEnvelope(message, command))
  return cmd && { cmd }
}

/** The message of an agent; undefined for any other value. */
export function parseFromAgent(message: unknown): FromAgent | undefined {
  if (isEnvelope(message, beatCommand)) {
    const { rssBytes } = message
    return isAmount(rssBytes) ? { cmd: beatCommand, rssBytes } : undefined
  }
  if (isEnvelope(message, askedCommand)) {
    const signal = signalOf(message['signal'])
    return signal && { cmd: askedCommand, signal }
  }
  const cmd = plainFromAgent.find((command) => isEnvelope(message, command))
  return cmd && { cmd }
}

function signalOf(value: unknown): HeldSignal | undefined {
  return heldSignals.find((signal) => signal === value)
}

/** The environment variable with a worker's `AgentSettings`, as JSON. */
export const agentVariable = 'GUNICORN_AGENT'

/** The settings of every version of a master. */
export interface WorkerSettings {
  /** Time between two heartbeats, milliseconds; 0 = no heartbeat. */
  readonly beatMs: number
  /** How long a draining worker keeps an idle connection, milliseconds. */
  readonly keepAliveMs: number
  /** Time from the command to retire until the master kills the worker; 0 = without limit. */
  readonly gracefulMs: number
  /** Number of requests until the worker is spent; 0 = never. */
  readonly requests: number
}

export interface AgentSettings extends WorkerSettings, ObserverSettings {
  /** Connections of a server at a time; 0 = without limit. */
  readonly connections: number
}

const settingNames = ['beatMs', 'keepAliveMs', 'gracefulMs', 'requests'] as const

/** The settings of a master; undefined for any other text. */
export function parseAgentSettings(text: string | undefined): AgentSettings | undefined {
  try {
    const value: unknown = text === undefined ? undefined : JSON.parse(text)
    return isAgentSettings(value) ? settingsIn(value) : undefined
  } catch {
    return undefined
  }
}

function isAgentSettings(
  value: unknown,
): value is Readonly<Record<string, unknown>> & WorkerSettings {
  return isRecord(value) && settingNames.every((name) => isAmount(value[name]))
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function settingsIn(value: Readonly<Record<string, unknown>> & WorkerSettings): AgentSettings {
  const { beatMs, keepAliveMs, gracefulMs, requests, connections } = value
  return {
    ...{ beatMs, keepAliveMs, gracefulMs, requests },
    connections: isAmount(connections) ? connections : 0,
    ...parseObserverSettings(value),
  }
}
