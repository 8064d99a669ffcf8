import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import type * as Ioredis from 'ioredis'
import { filesLimits } from '../../limits/files.ts'
import { shareLimits } from '../../limits/share.ts'
import { redacted } from '../../log/redact.ts'
import { messageOf } from '../../support/error-message.ts'
import { late, withTimeLimit } from '../../support/time-limit.ts'
import type { ConnectionSettings } from './redis-settings.ts'

type Argument = string | number | Buffer
/** A command of Redis's. */
export type RedisCommand = readonly [name: string, ...rest: Argument[]]
/** What Redis answers to one; texts are bytes. */
export type Reply = { readonly value: unknown } | { readonly error: Error }

/** One connection, or those to the nodes of a Redis Cluster. Its errors tell no password. */
export interface Client {
  /** Sends all at once and waits for all answers. Rejects where none come in time. */
  readonly send: (commands: readonly RedisCommand[]) => Promise<readonly Reply[]>
  readonly isOpen: () => boolean
  readonly close: () => void
}

/** What of both of ioredis's clients is used. */
type Connection = Ioredis.Redis | Ioredis.Cluster
type Options = Omit<Ioredis.RedisOptions, 'replyMapping'>

const load = createRequire(import.meta.url)

/** Connects. @throws where that fails, or takes longer than shareLimits.redisConnectMs at every step. */
export async function openClient(settings: ConnectionSettings): Promise<Client> {
  const { Redis, Cluster } = load('ioredis') as typeof Ioredis
  const password = passwordOf(settings)
  const secrets = password === undefined ? [] : [password]
  const options = redisOptions(settings, password)
  const connection = connectionOf(settings, options, { Redis, Cluster })
  let reason: Error | undefined
  // Without a listener ioredis prints them.
  connection.on('error', (error: Error) => {
    reason = error
  })
  const failed = (error: unknown): Error => {
    connection.disconnect()
    return new Error(redacted(messageOf(causeOf(error) ?? reason ?? error), secrets))
  }
  try {
    await inTime(connection.connect(), 2 * shareLimits.redisConnectMs, 'Redis cannot be reached')
  } catch (error) {
    throw failed(isEmptyWord(error) ? (reason ?? error) : error)
  }
  return {
    isOpen: () => connection.status === 'ready',
    close: () => connection.disconnect(),
    async send(commands) {
      try {
        return await repliesOf(connection, commands, secrets)
      } catch (error) {
        throw failed(error)
      }
    },
  }
}

async function repliesOf(
  connection: Connection,
  commands: readonly RedisCommand[],
  secrets: readonly string[],
): Promise<Reply[]> {
  const pipeline = connection.pipeline()
  for (const [name, ...rest] of commands) pipeline.callBuffer(name, ...rest)
  const replies = await inTime(pipeline.exec(), shareLimits.redisReplyMs, 'Redis does not answer')
  return (replies ?? []).map(([error, value]) =>
    error ? { error: new Error(redacted(error.message, secrets)) } : { value },
  )
}

/** We try again ourselves: what was not written in time is not worth keeping. */
function redisOptions(
  { db, username, hasTls, cafile }: ConnectionSettings,
  password: string | undefined,
): Options {
  return {
    db,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(hasTls && { tls: cafile === undefined ? {} : { ca: readSmall(cafile) } }),
    // Of all versions.
    protocol: 2,
    connectTimeout: shareLimits.redisConnectMs,
    lazyConnect: true,
    retryStrategy: () => null,
    enableOfflineQueue: false,
    // Both ask for what an ACL may not allow.
    enableReadyCheck: false,
    disableClientInfo: true,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
  }
}

function connectionOf(
  { topology, hasTls }: ConnectionSettings,
  options: Options,
  { Redis, Cluster }: Pick<typeof Ioredis, 'Redis' | 'Cluster'>,
): Connection {
  if (topology.kind === 'standalone') return new Redis({ ...options, ...topology.node })
  if (topology.kind === 'sentinel') {
    const { sentinels, name } = topology
    const asked = { sentinels: sentinels.map((node) => ({ ...node })), name }
    return new Redis({
      ...options,
      ...asked,
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
      slotsRefreshTimeout: shareLimits.redisConnectMs,
      redisOptions: options,
    },
  )
}

function passwordOf({ password }: ConnectionSettings): string | undefined {
  if (!password) return undefined
  return 'text' in password ? password.text : readSmall(password.path).trim()
}

function readSmall(path: string): string {
  if (statSync(path).size > filesLimits.fileBytes) throw new Error(`${path} is too large`)
  return readFileSync(path, 'utf8')
}

/** "Connection is closed." says less than why it was. */
function isEmptyWord(error: unknown): boolean {
  return messageOf(error) === 'Connection is closed.'
}

/** What a node of a Redis Cluster said, of which the cluster's own error does not tell. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && 'lastNodeError' in error ? error.lastNodeError : undefined
}

async function inTime<T>(promise: Promise<T>, ms: number, otherwise: string): Promise<T> {
  const outcome = await withTimeLimit(promise, ms)
  if (outcome === late) throw new Error(`${otherwise} (${ms} ms)`)
  return outcome
}
