import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type * as Ioredis from 'ioredis'
import { type App, endGroup, eventually, freePort, startProgram } from '../programs/app.ts'
import type { Belongings } from '../programs/belongings.ts'
import { need, redisServer } from '../tools.ts'

const { Redis } = createRequire(import.meta.url)('ioredis') as typeof Ioredis

export interface RedisServer {
  readonly port: number
  /** Sends a command on a connection of the test. */
  readonly ask: (...command: readonly (string | number | Buffer)[]) => Promise<unknown>
  /** Kills the server. The data is lost, and the port stays the same. */
  readonly kill: () => Promise<void>
  readonly start: () => Promise<void>
  /** Suspends the process: no replies, and all connections stay open. */
  readonly suspend: () => void
  readonly resume: () => void
}

export interface RedisOptions {
  /** Default: `redis-server`. */
  readonly program?: string
  /** Flags of `redis-server`. */
  readonly flags?: readonly string[]
  /** Options of the connection of the test. */
  readonly client?: Omit<Ioredis.RedisOptions, 'replyMapping'>
  /** Whether the server accepts TLS only. */
  readonly hasTls?: boolean
}

/** Starts a local Redis until the end of the test. Without Redis, skips the test: undefined. */
export async function startRedis(
  context: Belongings,
  { program: given, flags = [], client = {}, hasTls = false }: RedisOptions = {},
): Promise<RedisServer | undefined> {
  const program = given ?? need(context, redisServer())
  if (program === undefined) return undefined
  const directory = await mkdtemp(join(tmpdir(), 'gunicorn-prometheus-exporter-redis-'))
  const port = await freePort()
  const ports = hasTls ? ['--port', '0', '--tls-port', `${port}`] : ['--port', `${port}`]
  const settings = ['--bind', '127.0.0.1', '--dir', directory, '--save', '', '--appendonly', 'no']
  const command = [program, ...ports, ...settings, ...flags]
  let server: Pick<App, 'child' | 'ended'> | undefined
  let connection: Ioredis.Redis | undefined

  async function kill(): Promise<void> {
    connection?.disconnect()
    connection = undefined
    if (!server) return
    endGroup(server.child)
    await server.ended
    server = undefined
  }

  async function ask(
    ...[name = '', ...rest]: readonly (string | number | Buffer)[]
  ): Promise<unknown> {
    if (connection?.status !== 'ready') {
      connection?.disconnect()
      const options = {
        host: '127.0.0.1',
        port,
        lazyConnect: true,
        retryStrategy: () => null,
        protocol: 2,
        ...client,
      } as const
      connection = new Redis(options)
      connection.on('error', () => {})
      await connection.connect()
    }
    return await connection.call(String(name), ...rest)
  }

  async function start(): Promise<void> {
    const program = startProgram(command, {})
    server = program
    await eventually(async () => {
      if (program.child.exitCode !== null) throw new Error(program.stdout())
      await ask('PING')
    })
  }

  context.after(async () => {
    await kill()
    await rm(directory, { recursive: true, force: true })
  })
  await start()
  const suspend = (): unknown => server?.child.kill('SIGSTOP')
  const resume = (): unknown => server?.child.kill('SIGCONT')
  return { port, ask, kill, start, suspend, resume }
}

/** Variables of an application that shares by this Redis at short intervals. */
export function sharing(
  port: number,
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    REDIS_ENABLED: 'true',
    REDIS_PORT: `${port}`,
    REDIS_COLLECT_INTERVAL: '0.2',
    REDIS_FORWARD_INTERVAL: '1',
    ...extra,
  }
}
