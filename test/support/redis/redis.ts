import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type * as Ioredis from 'ioredis'
import { type App, endGroup, eventually, freePort, startProgram } from '../programs/app.ts'
import type { Belongings } from '../programs/belongings.ts'
import { need, redisCli, redisServer } from '../tools.ts'

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
  { flags = [], client = {}, hasTls = false }: RedisOptions = {},
): Promise<RedisServer | undefined> {
  const program = need(context, redisServer())
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

/** Starts a Redis Cluster of three masters. Without Redis, skips the test: undefined. */
export async function startRedisCluster(
  context: TestContext,
): Promise<readonly RedisServer[] | undefined> {
  const cli = need(context, redisCli())
  if (cli === undefined) return undefined
  const nodes: RedisServer[] = []
  for (let count = 0; count < 3; count += 1) {
    // The cluster bus gets a free port. The default is the port plus 10,000.
    const bus = ['--cluster-port', `${await freePort()}`]
    const flags = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', ...bus]
    const node = await startRedis(context, { flags })
    if (!node) return undefined
    nodes.push(node)
  }
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
  const args = ['--cluster', 'create', ...addresses, '--cluster-yes']
  const { status, stdout, stderr } = spawnSync(cli, args, { encoding: 'utf8', timeout: 60_000 })
  if (status !== 0) throw new Error(`${stdout}${stderr}`)
  await eventually(async () => {
    for (const { ask } of nodes) {
      if (!String(await ask('CLUSTER', 'INFO')).includes('cluster_state:ok'))
        throw new Error('not ok')
    }
  })
  return nodes
}

export interface RedisSentinels {
  readonly master: RedisServer
  readonly replica: RedisServer
  readonly ports: readonly number[]
}

/** Starts a master, a replica and two Sentinels. Without Redis, skips the test: undefined. */
export async function startSentinels(context: TestContext): Promise<RedisSentinels | undefined> {
  const program = need(context, redisServer())
  const master = program && (await startRedis(context))
  if (!master) return undefined
  const replica = await startRedis(context, { flags: ['--replicaof', `127.0.0.1 ${master.port}`] })
  if (!replica) return undefined
  const directory = await mkdtemp(join(tmpdir(), 'gunicorn-prometheus-exporter-sentinel-'))
  context.after(() => rm(directory, { recursive: true, force: true }))
  const ports = [await freePort(), await freePort()]
  for (const port of ports) {
    const file = join(directory, `${port}.conf`)
    const lines = [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${directory}`,
      `sentinel monitor mymaster 127.0.0.1 ${master.port} 1`,
      'sentinel down-after-milliseconds mymaster 1000',
      'sentinel failover-timeout mymaster 5000',
    ]
    writeFileSync(file, `${lines.join('\n')}\n`)
    const sentinel = startProgram([program, file, '--sentinel'], {})
    context.after(async () => {
      endGroup(sentinel.child)
      await sentinel.ended
    })
  }
  await eventually(async () => {
    for (const port of ports) await knowsReplica(port)
  })
  return { master, replica, ports }
}

async function knowsReplica(port: number): Promise<void> {
  const sentinel = new Redis({
    port,
    host: '127.0.0.1',
    lazyConnect: true,
    retryStrategy: () => null,
  })
  sentinel.on('error', () => {})
  try {
    await sentinel.connect()
    const replicas = (await sentinel.call('SENTINEL', 'replicas', 'mymaster')) as unknown[]
    const others = (await sentinel.call('SENTINEL', 'sentinels', 'mymaster')) as unknown[]
    if (replicas.length === 0 || others.length === 0) throw new Error('not known yet')
  } finally {
    sentinel.disconnect()
  }
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
