import { spawnSync } from 'node:child_process'
import { eventually, freePort } from '../programs/app.ts'
import type { Belongings } from '../programs/belongings.ts'
import { need, redisCli } from '../tools.ts'
import { type RedisOptions, type RedisServer, startRedis } from './redis.ts'

export interface ClusterOptions extends RedisOptions {
  /** Flags of `redis-cli`. */
  readonly cli?: readonly string[]
}

/** Starts a Redis Cluster of three masters. Without Redis, skips the test: undefined. */
export async function startRedisCluster(
  context: Belongings,
  { cli: cliFlags = [], ...options }: ClusterOptions = {},
): Promise<readonly RedisServer[] | undefined> {
  const cli = need(context, redisCli())
  if (cli === undefined) return undefined
  const nodes: RedisServer[] = []
  for (let count = 0; count < 3; count += 1) {
    const node = await startClusterNode(context, options)
    if (!node) return undefined
    nodes.push(node)
  }
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
  const args = [...cliFlags, '--cluster', 'create', ...addresses, '--cluster-yes']
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

/** Starts a node that belongs to no cluster yet. */
export async function startClusterNode(
  context: Belongings,
  options: RedisOptions = {},
): Promise<RedisServer | undefined> {
  // The cluster bus gets a free port. The default is the port plus 10,000.
  const bus = ['--cluster-port', `${await freePort()}`]
  const flags = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', ...bus]
  return await startRedis(context, { ...options, flags: [...flags, ...(options.flags ?? [])] })
}

/** Starts a replica of a master of the cluster. */
export async function startClusterReplica(
  context: Belongings,
  master: RedisServer,
  options: RedisOptions = {},
): Promise<RedisServer | undefined> {
  const replica = await startClusterNode(context, options)
  if (!replica) return undefined
  const id = String(await master.ask('CLUSTER', 'MYID'))
  const [own = ''] = String(await master.ask('CLUSTER', 'NODES'))
    .split('\n')
    .filter((line) => line.includes('myself'))
  const bus = /@(\d+)/.exec(own)?.[1] ?? ''
  await replica.ask('CLUSTER', 'MEET', '127.0.0.1', master.port, bus)
  await eventually(() => replica.ask('CLUSTER', 'REPLICATE', id))
  await eventually(async () => {
    const info = String(await replica.ask('INFO', 'replication'))
    if (!info.includes('master_link_status:up')) throw new Error('not linked yet')
  }, 60_000)
  return replica
}
