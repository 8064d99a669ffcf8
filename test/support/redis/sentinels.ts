import { writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type * as Ioredis from 'ioredis'
import { endGroup, eventually, freePort, startProgram } from '../programs/app.ts'
import { type Belongings, latestFirst } from '../programs/belongings.ts'
import { removeDirectory } from '../programs/temporary-directory.ts'
import { need, redisServer } from '../tools.ts'
import { type RedisOptions, type RedisServer, startRedis } from './redis.ts'

const { Redis } = createRequire(import.meta.url)('ioredis') as typeof Ioredis

export interface RedisSentinels {
  readonly master: RedisServer
  readonly replica: RedisServer
  readonly ports: readonly number[]
}

export interface SentinelOptions extends RedisOptions {
  /** Lines for the files of the Sentinels. */
  readonly lines?: readonly string[]
  /** Lines that need a known master. */
  readonly masterLines?: readonly string[]
  /** The host of the master, as the Sentinels know the host. */
  readonly host?: string
  /** Options of the connections of the test to the Sentinels. */
  readonly sentinelClient?: RedisOptions['client']
  /** Default: as the servers. */
  readonly haveTls?: boolean
}

/** Starts a master, a replica and two Sentinels. Without Redis, skips the test: undefined. */
export async function startSentinels(
  test: Belongings,
  options: SentinelOptions = {},
): Promise<RedisSentinels | undefined> {
  // A Sentinel writes into its directory until it ends.
  const context = latestFirst(test)
  const { flags = [], host = '127.0.0.1', hasTls = false, haveTls = hasTls } = options
  const program = options.program ?? need(context, redisServer())
  const master = program && (await startRedis(context, options))
  if (!master) return undefined
  const ofReplica = [...flags, '--replicaof', `${host} ${master.port}`]
  const replica = await startRedis(context, { ...options, flags: ofReplica })
  if (!replica) return undefined
  const directory = await mkdtemp(join(tmpdir(), 'gunicorn-prometheus-exporter-sentinel-'))
  context.after(() => removeDirectory(directory))
  const ports = [await freePort(), await freePort()]
  for (const port of ports) {
    const file = join(directory, `${port}.conf`)
    const lines = [
      ...(haveTls ? ['port 0', `tls-port ${port}`] : [`port ${port}`]),
      'bind 127.0.0.1',
      `dir ${directory}`,
      ...(options.lines ?? []),
      `sentinel monitor mymaster ${host} ${master.port} 1`,
      'sentinel down-after-milliseconds mymaster 1000',
      'sentinel failover-timeout mymaster 5000',
      ...(options.masterLines ?? []),
    ]
    writeFileSync(file, `${lines.join('\n')}\n`)
    const sentinel = startProgram([program, file, '--sentinel'], {})
    context.after(async () => {
      endGroup(sentinel.child)
      await sentinel.ended
    })
  }
  await eventually(async () => {
    for (const port of ports) await knowsReplica(port, options.sentinelClient)
  })
  return { master, replica, ports }
}

async function knowsReplica(port: number, client: RedisOptions['client']): Promise<void> {
  const sentinel = new Redis({
    port,
    host: '127.0.0.1',
    lazyConnect: true,
    retryStrategy: () => null,
    ...client,
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
