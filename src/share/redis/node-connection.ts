import { isIP } from 'node:net'
import type * as Ioredis from 'ioredis'
import { redacted } from '../../log/redact.ts'
import { late, withTimeLimit } from '../../support/time-limit.ts'
import type { Access } from './access.ts'
import type { Client, RedisCommand, Reply } from './client.ts'
import { closed, failureText, type Place } from './failure-text.ts'
import type { Node } from './redis-settings.ts'

/** A server, and how the exporter knows the address. */
export interface NodeAddress extends Node {
  /** The name in the certificate, where the host is an address. */
  readonly servername?: string
  /** The server that named this address. */
  readonly namedBy?: string
}

export interface NodeOptions {
  readonly Redis: typeof Ioredis.Redis
  readonly access: Access
  readonly db: number
  /** Longest time for the connection and for the replies to AUTH and SELECT, milliseconds. */
  readonly connectMs: number
  /** Longest time for the replies to the commands of one call, milliseconds. */
  readonly replyMs: number
}

/** A connection to one server. Errors of replies are as the server sent them. */
export interface NodeConnection extends Client {
  readonly address: NodeAddress
  /** The reply with an error that names the server. */
  readonly located: (reply: Reply) => Reply
}

/**
 * Connects to one server.
 * @throws where that fails, or takes too long.
 */
export async function openNode(
  address: NodeAddress,
  options: NodeOptions,
): Promise<NodeConnection> {
  const { access, connectMs, replyMs } = options
  const hasTls = access.secureContext !== undefined
  const place: Place = { label: labelOf(address), hasTls, hasReplied: false }
  const secrets = access.password === undefined ? [] : [access.password]
  const connection = new options.Redis(redisOptions(address, options))
  let reason: Error | undefined
  // Without a listener, ioredis prints errors.
  connection.on('error', (error: Error) => {
    reason = error
  })
  // The last error event says more than "Connection is closed."
  const causeOf = (error: unknown): unknown => (isClosing(error) ? (reason ?? error) : error)
  const told = (error: unknown): Error =>
    new Error(redacted(failureText(place, causeOf(error)), secrets))
  const failed = (error: unknown): Error => {
    connection.disconnect()
    return told(error)
  }
  const send = async (commands: readonly RedisCommand[], ms = replyMs): Promise<Reply[]> => {
    try {
      const replies = await inTime(
        pipelineOf(connection, commands).exec(),
        ms,
        'Redis does not answer',
      )
      place.hasReplied ||= replies?.some(([error]) => !error) === true
      return (replies ?? []).map(([error, value]) =>
        error ? { error: causeOf(error) as Error } : { value },
      )
    } catch (error) {
      throw failed(error)
    }
  }
  try {
    await inTime(connection.connect(), 2 * connectMs, 'Redis cannot be reached')
  } catch (error) {
    throw failed(error)
  }
  const greetings = greetingsOf(options)
  for (const reply of greetings.length === 0 ? [] : await send(greetings, 2 * connectMs)) {
    if ('error' in reply && !needsNoPassword(reply.error)) throw failed(reply.error)
  }
  return {
    address,
    send,
    located: (reply) => ('error' in reply ? { error: told(reply.error) } : reply),
    isOpen: () => connection.status === 'ready',
    close: () => connection.disconnect(),
  }
}

/** The commands before all others. After an error of SELECT, ioredis would use database 0. */
function greetingsOf({ access, db }: NodeOptions): RedisCommand[] {
  const { username, password } = access
  const names = username === undefined ? [] : [username]
  return [
    ...(password === undefined ? [] : [['AUTH', ...names, password] as const]),
    ...(db === 0 ? [] : [['SELECT', db] as const]),
  ]
}

/** A server without a password accepts each client. */
function needsNoPassword({ message }: Error): boolean {
  return /no password is set|without any password configured/.test(message)
}

/** ioredis retries nothing: the next round trip sends a newer state. */
function redisOptions(
  { host, port, servername = host }: NodeAddress,
  { access, connectMs }: NodeOptions,
): Omit<Ioredis.RedisOptions, 'replyMapping'> {
  const { secureContext } = access
  // A proxy of many servers finds the server by its name.
  const named = isIP(servername) === 0 ? { servername } : {}
  return {
    host,
    port,
    // Without this, NODE_TLS_REJECT_UNAUTHORIZED switches the verification off.
    ...(secureContext && { tls: { secureContext, rejectUnauthorized: true, ...named } }),
    connectTimeout: connectMs,
    // Every version of Redis speaks version 2.
    protocol: 2,
    lazyConnect: true,
    retryStrategy: () => null,
    enableOfflineQueue: false,
    // Both send commands that an ACL may forbid.
    enableReadyCheck: false,
    disableClientInfo: true,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
  }
}

function pipelineOf(
  connection: Ioredis.Redis,
  commands: readonly RedisCommand[],
): Ioredis.ChainableCommander {
  const pipeline = connection.pipeline()
  for (const [name, ...rest] of commands) pipeline.callBuffer(name, ...rest)
  return pipeline
}

function isClosing(error: unknown): boolean {
  return error instanceof Error && (error.message === closed || /writeable/.test(error.message))
}

/** `host:port`, an IPv6 host in brackets, with the server that named the address. */
export function labelOf({ host, port, namedBy }: NodeAddress): string {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`
  return namedBy === undefined ? address : `${address} (named by ${namedBy})`
}

async function inTime<T>(promise: Promise<T>, ms: number, text: string): Promise<T> {
  const outcome = await withTimeLimit(promise, ms)
  if (outcome === late) throw new Error(`${text} (${ms} ms)`)
  return outcome
}
