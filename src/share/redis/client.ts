import type * as Ioredis from 'ioredis'
import { loadPackage } from '../../files/load-package.ts'
import { readSmall } from '../../files/small-file.ts'
import { shareLimits } from '../../limits/share.ts'
import { redacted } from '../../log/redact.ts'
import { messageOf } from '../../support/error-message.ts'
import { late, withTimeLimit } from '../../support/time-limit.ts'
import type { ConnectionSettings } from './redis-settings.ts'

type Argument = string | number | Buffer

export type RedisCommand = readonly [name: string, ...rest: Argument[]]
/** The reply to one command. Texts are buffers. */
export type Reply = { readonly value: unknown } | { readonly error: Error }

/**
 * A connection to one Redis, or connections to the nodes of a Redis Cluster. Errors contain no
 * password.
 */
export interface Client {
  /**
   * Sends all commands at once. Rejects where the replies take longer than
   * shareLimits.redisReplyMs.
   */
  readonly send: (commands: readonly RedisCommand[]) => Promise<readonly Reply[]>
  readonly isOpen: () => boolean
  readonly close: () => void
}

type Connection = Ioredis.Redis | Ioredis.Cluster
type Options = Omit<Ioredis.RedisOptions, 'replyMapping'>

type Classes = Pick<typeof Ioredis, 'Redis' | 'Cluster'>

/** Replaced in tests. */
export interface ClientOptions {
  /** Default: the classes of ioredis. */
  readonly classes?: Classes
  /** Default: shareLimits.redisConnectMs. */
  readonly connectMs?: number
  /** Default: shareLimits.redisReplyMs. */
  readonly replyMs?: number
}

/**
 * Connects to Redis.
 * @throws where that fails, or where one step takes longer than shareLimits.redisConnectMs.
 */
export async function openClient(
  settings: ConnectionSettings,
  {
    classes = loadIoredis(),
    connectMs = shareLimits.redisConnectMs,
    replyMs = shareLimits.redisReplyMs,
  }: ClientOptions = {},
): Promise<Client> {
  const password = passwordOf(settings)
  const secrets = password === undefined ? [] : [password]
  const options = { ...redisOptions(settings, password), connectTimeout: connectMs }
  const connection = connectionOf(settings, options, classes)
  let reason: Error | undefined
  // Without a listener, ioredis prints errors.
  connection.on('error', (error: Error) => {
    reason = error
  })
  const failed = (error: unknown): Error => {
    connection.disconnect()
    // The last error event says more than "Connection is closed."
    return new Error(
      redacted(messageOf(causeOf(error) ?? causeOf(reason) ?? reason ?? error), secrets),
    )
  }
  try {
    await inTime(connection.connect(), 2 * connectMs, 'Redis cannot be reached')
  } catch (error) {
    throw failed(error)
  }
  return {
    isOpen: () => connection.status === 'ready',
    close: () => connection.disconnect(),
    async send(commands) {
      try {
        const replies = await inTime(
          pipelineOf(connection, commands).exec(),
          replyMs,
          'Redis does not answer',
        )
        return (replies ?? []).map((reply) => replyOf(reply, secrets))
      } catch (error) {
        throw failed(error)
      }
    },
  }
}

function loadIoredis(): Classes {
  return loadPackage('ioredis', [() => import.meta.url]) as Classes
}

function pipelineOf(
  connection: Connection,
  commands: readonly RedisCommand[],
): Ioredis.ChainableCommander {
  const pipeline = connection.pipeline()
  for (const [name, ...rest] of commands) pipeline.callBuffer(name, ...rest)
  return pipeline
}

function replyOf(
  [error, value]: readonly [error: Error | null, value: unknown],
  secrets: readonly string[],
): Reply {
  return error ? { error: new Error(redacted(error.message, secrets)) } : { value }
}

/** ioredis retries nothing: the next round trip sends a newer state. */
function redisOptions(
  { db, username, hasTls, cafile }: ConnectionSettings,
  password: string | undefined,
): Options {
  return {
    db,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(hasTls && { tls: cafile === undefined ? {} : { ca: textOf(cafile) } }),
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

function connectionOf(
  { topology, hasTls }: ConnectionSettings,
  options: Options,
  { Redis, Cluster }: Classes,
): Connection {
  if (topology.kind === 'standalone') return new Redis({ ...options, ...topology.node })
  if (topology.kind === 'sentinel') {
    const { sentinels, name } = topology
    const group = { sentinels: sentinels.map((node) => ({ ...node })), name }
    return new Redis({
      ...options,
      ...group,
      ...(options.tls && { sentinelTLS: options.tls }),
      enableTLSForSentinelMode: hasTls,
      sentinelRetryStrategy: () => null,
    })
  }
  return new Cluster(
    topology.nodes.map((node) => ({ ...node })),
    {
      lazyConnect: true,
      enableOfflineQueue: false,
      enableReadyCheck: false,
      clusterRetryStrategy: () => null,
      slotsRefreshTimeout: options.connectTimeout ?? shareLimits.redisConnectMs,
      redisOptions: options,
    },
  )
}

function passwordOf({ password }: ConnectionSettings): string | undefined {
  if (!password) return undefined
  return 'text' in password ? password.text : textOf(password).trim()
}

/** @throws an error that names the setting of the file. */
function textOf({ path, setting }: NonNullable<ConnectionSettings['cafile']>): string {
  try {
    return readSmall(path)
  } catch (error) {
    throw new Error(`the file of ${setting} cannot be read: ${messageOf(error)}`, { cause: error })
  }
}

/** The error of a cluster's node. The cluster's own error does not contain the reason. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && 'lastNodeError' in error ? error.lastNodeError : undefined
}

async function inTime<T>(promise: Promise<T>, ms: number, text: string): Promise<T> {
  const outcome = await withTimeLimit(promise, ms)
  if (outcome === late) throw new Error(`${text} (${ms} ms)`)
  return outcome
}
