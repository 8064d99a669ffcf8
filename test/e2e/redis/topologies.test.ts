import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { hashSlot } from '../../../src/share/redis/hash-slot.ts'
import { authorities, scratchDirectory } from '../../support/endpoint/certificates.ts'
import { type App, eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { underLoad } from '../../support/programs/steady-load.ts'
import { startClusterReplica, startRedisCluster } from '../../support/redis/cluster.ts'
import { startRedis } from '../../support/redis/redis.ts'
import { startSentinels } from '../../support/redis/sentinels.ts'
import { burden, countsByInstance, startSharing, statusOf } from '../../support/redis/sharing.ts'
import { linesOf, tlsServers, tlsVariables } from '../../support/redis/tls.ts'

const scratch = scratchDirectory()

test('A Redis Cluster has all keys in one slot; clients follow a moved slot', async (context) => {
  const nodes = await startRedisCluster(context)
  const [first] = nodes ?? []
  if (!nodes || !first) return
  const env = { REDIS_CLUSTER_NODES: nodes.map(({ port }) => `127.0.0.1:${port}`).join(',') }
  const apps = await startSharing(context, first, { number: 2, env })
  await burden(apps, 50)
  await assertCounts(apps, [50, 51])
  const keysOf = async (): Promise<string[][]> =>
    await Promise.all(nodes.map(async ({ ask }) => (await ask('KEYS', '*')) as string[]))
  const home = await eventually(async () => {
    const keys = await keysOf()
    const full = keys.findIndex((names) => names.length > 0)
    assert.ok(keys[full]?.includes('{gunicorn}:metrics:latest'))
    assert.ok(keys[full]?.every((name) => name.startsWith('{gunicorn}:metrics:')))
    assert.equal(keys.filter((names) => names.length > 0).length, 1)
    return full
  })
  // The slot moves to another node without its keys.
  const [from, to] = [nodes[home], nodes[(home + 1) % 3]]
  assert.ok(from && to)
  const slot = Number(await from.ask('CLUSTER', 'KEYSLOT', '{gunicorn}:metrics:latest'))
  const id = String(await to.ask('CLUSTER', 'MYID'))
  await from.ask('FLUSHALL')
  for (const { ask } of [to, from, ...nodes]) {
    await eventually(async () => {
      const hasKeys = (await from.ask('DBSIZE')) !== 0
      if (hasKeys) await from.ask('FLUSHALL')
      await ask('CLUSTER', 'SETSLOT', slot, 'NODE', id)
    })
  }
  await burden(apps, 50)
  await assertCounts(apps, [100, 102])
  await eventually(async () => assert.notEqual(await to.ask('DBSIZE'), 0))
})

test('Clients follow each key while a slot of a Redis Cluster moves', async (context) => {
  const nodes = await startRedisCluster(context)
  const [first] = nodes ?? []
  if (!nodes || !first) return
  const home = Math.floor((hashSlot('gunicorn') / 16_384) * nodes.length)
  const [from, to] = [nodes[home], nodes[(home + 1) % 3]]
  assert.ok(from && to)
  for (const { ask } of nodes) {
    const rights = [...(await documentedRules()), '+cluster|slots', '+asking']
    await ask('ACL', 'SETUSER', 'metrics', 'on', '>s3cret', ...rights)
  }
  const env = {
    REDIS_CLUSTER_NODES: nodes.map(({ port }) => `127.0.0.1:${port}`).join(','),
    REDIS_USERNAME: 'metrics',
    REDIS_PASSWORD: 's3cret',
  }
  const apps = await startSharing(context, first, { number: 2, env })
  await burden(apps, 20)
  await assertCounts(apps, [20, 21])
  const slot = hashSlot('gunicorn')
  await to.ask('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(await from.ask('CLUSTER', 'MYID')))
  await from.ask('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(await to.ask('CLUSTER', 'MYID')))
  // Keys are at the old node and at the next node, and those of the third process at no node.
  const keys = (await from.ask('KEYS', '*')) as string[]
  const sent = keys.filter((key, index) => index % 2 === 0 || key.endsWith(':sources'))
  await from.ask('MIGRATE', '127.0.0.1', to.port, '', 0, 5_000, 'KEYS', ...sent)
  apps.push(...(await startSharing(context, first, { env })))
  await burden(apps, 20)
  await assertCounts(apps, [22, 40, 42])
  for (const { ask } of [to, from, ...nodes]) {
    await ask('CLUSTER', 'SETSLOT', slot, 'NODE', String(await to.ask('CLUSTER', 'MYID')))
  }
  await burden(apps, 20)
  await assertCounts(apps, [44, 60, 63])
})

test('A Redis Cluster with TLS by name survives the end of a node', async (context) => {
  const make = authorities(context, mkdtempSync(join(scratch, 'cluster-')))
  if (!make) return
  const authority = make('authority')
  // The certificate has no address, as in managed clusters.
  const tls = {
    authority,
    server: authority.issue('nodes', 'DNS:localhost'),
    client: authority.issue('client', 'DNS:client'),
  }
  const servers = tlsServers(tls)
  const named = ['--cluster-announce-hostname', 'localhost']
  const preferred = ['--cluster-preferred-endpoint-type', 'hostname']
  const flags = [...(servers.flags ?? []), '--tls-cluster', 'yes', ...named, ...preferred]
  const nodes = await startRedisCluster(context, { ...servers, flags })
  if (!nodes) return
  const [first] = nodes
  assert.ok(first)
  // Each node has a third of the slots.
  const home = nodes[Math.floor((hashSlot('gunicorn') / 16_384) * nodes.length)]
  assert.ok(home)
  const replica = await startClusterReplica(context, home, { ...servers, flags })
  assert.ok(replica)
  const hosts = nodes.map(({ port }) => `localhost:${port}`)
  const env = { ...tlsVariables(tls), REDIS_CLUSTER_NODES: hosts.join(',') }
  const apps = await startSharing(context, first, { number: 2, env })
  await burden(apps, 20)
  await assertCounts(apps, [20, 21])
  assert.notEqual(await home.ask('DBSIZE'), 0)
  const without = { ...env, REDIS_SSL_CERTFILE: '', REDIS_SSL_KEYFILE: '' }
  const [refused] = await startSharing(context, first, { env: without })
  await assertFails(refused, /^localhost:\d+: .* \(the server .* client certificate\)/)
  await home.kill()
  await burden(apps, 20)
  await eventually(async () => {
    assert.match(String(await replica.ask('INFO', 'replication')), /role:master/)
  }, 60_000)
  await assertCounts(apps, [40, 42])
  await eventually(async () => assert.notEqual(await replica.ask('DBSIZE'), 0))
})

test('Sentinels with TLS and passwords name the master after a failover', async (context) => {
  const make = authorities(context, mkdtempSync(join(scratch, 'sentinels-')))
  if (!make) return
  const authority = make('authority')
  const tls = {
    authority,
    server: authority.issue('servers', 'DNS:localhost'),
    client: authority.issue('client', 'DNS:client'),
  }
  const servers = tlsServers(tls)
  const sentinels = await startSentinels(context, {
    ...servers,
    host: 'localhost',
    flags: [
      ...(servers.flags ?? []),
      ...['--requirepass', 'redis-s3cret', '--masterauth', 'redis-s3cret'],
      ...['--replica-announce-ip', 'localhost'],
    ],
    client: { ...servers.client, password: 'redis-s3cret' },
    lines: [
      ...linesOf(servers.flags ?? []),
      'sentinel resolve-hostnames yes',
      'sentinel announce-hostnames yes',
      'requirepass sentinel-s3cret',
      'user metrics on >metrics-s3cret +sentinel|get-master-addr-by-name',
      'sentinel sentinel-pass sentinel-s3cret',
    ],
    masterLines: ['sentinel auth-pass mymaster redis-s3cret'],
    sentinelClient: { ...servers.client, password: 'sentinel-s3cret' },
  })
  if (!sentinels) return
  const { master, replica, ports } = sentinels
  const env = {
    ...tlsVariables(tls),
    REDIS_PASSWORD: 'redis-s3cret',
    REDIS_SENTINELS: ports.map((port) => `localhost:${port}`).join(','),
    REDIS_SENTINEL_NAME: 'mymaster',
    REDIS_SENTINEL_USERNAME: 'metrics',
    REDIS_SENTINEL_PASSWORD: 'metrics-s3cret',
  }
  const wrong = { ...env, REDIS_SENTINEL_PASSWORD: 'wr0ng' }
  const [refused] = await startSharing(context, master, { env: wrong })
  await assertFails(refused, /^localhost:\d+: WRONGPASS .*; 1 other server fails too$/)
  assert.doesNotMatch(refused?.stderr() ?? '', /wr0ng/)
  const apps = await startSharing(context, master, { number: 2, env })
  const [one, other] = apps
  assert.ok(one && other)
  await get(await other.ready(), '/')
  const port = await one.ready()
  const { completed, failures } = await underLoad({ port, connections: 2 }, async (load) => {
    await eventually(() => assert.ok(load.completed() > 50))
    await master.kill()
    await eventually(async () => {
      assert.match(String(await replica.ask('INFO', 'replication')), /role:master/)
    }, 60_000)
    await eventually(async () => assert.ok(Number(await replica.ask('DBSIZE')) > 0))
  })
  assert.deepEqual(failures, [])
  await assertCounts(apps, [1, completed])
  await eventually(async () => {
    const index = (await replica.ask('ZRANGE', '{gunicorn}:metrics:sources', 0, -1)) as unknown[]
    assert.equal(index.length, 2)
  })
})

test('TLS is verified with a given authority', async (context) => {
  const directory = mkdtempSync(join(scratch, 'tls-'))
  const make = authorities(context, directory)
  if (!make) return
  const authority = make('authority')
  const { certfile, keyfile } = authority.issue('redis')
  const flags = ['--tls-cert-file', certfile, '--tls-key-file', keyfile, '--tls-auth-clients', 'no']
  const ca = readFileSync(authority.certfile, 'utf8')
  const redis = await startRedis(context, {
    flags: [...flags, '--tls-ca-cert-file', authority.certfile],
    client: { tls: { ca } },
    hasTls: true,
  })
  if (!redis) return
  const known = { REDIS_SSL: 'true', REDIS_SSL_CAFILE: authority.certfile }
  const url = `rediss://127.0.0.1:${redis.port}/3`
  const byUrl = { REDIS_PORT: '', REDIS_URL: url, NODE_EXTRA_CA_CERTS: authority.certfile }
  const apps = await startSharing(context, redis, { number: 2, env: known })
  await burden(apps, 10)
  await assertCounts(apps, [10, 11])
  const elsewhere = await startSharing(context, redis, { env: byUrl })
  await burden(elsewhere, 5)
  await assertCounts(elsewhere, [5])
  assert.notEqual(await redis.ask('DBSIZE'), 0)
  await redis.ask('SELECT', 3)
  await eventually(async () => assert.notEqual(await redis.ask('DBSIZE'), 0))
  // The application may switch its own verification off.
  const careless = { REDIS_SSL: 'true', NODE_TLS_REJECT_UNAUTHORIZED: '0' }
  const [untrusting] = await startSharing(context, redis, { env: careless })
  assert.ok(untrusting)
  await eventually(() =>
    assert.match(untrusting.stderr(), /cannot be shared by Redis.*certificate/),
  )
})

test('An ACL user needs only the documented commands and keys', async (context) => {
  const redis = await startRedis(context)
  if (!redis) return
  await redis.ask('ACL', 'SETUSER', 'metrics', 'on', '>s3cret', ...(await documentedRules()))
  const env = { REDIS_USERNAME: 'metrics', REDIS_PASSWORD: 's3cret' }
  const apps = await startSharing(context, redis, { number: 2, env })
  await burden(apps, 10)
  await assertCounts(apps, [10, 11])
  await eventually(async () => assert.ok(await redis.ask('GET', 'gunicorn:metrics:latest')))
  for (const { stderr } of apps) assert.equal(stderr(), '')
  const log = (await redis.ask('ACL', 'LOG')) as unknown[]
  assert.deepEqual(log, [])
  const wrong = { ...env, REDIS_PASSWORD: 'wrong' }
  const [refused] = await startSharing(context, redis, { env: wrong })
  await eventually(() => assert.match(refused?.stderr() ?? '', /WRONGPASS/))
})

/** The ACL rules in docs/redis.md. */
async function documentedRules(): Promise<string[]> {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/redis.md'), 'utf8')
  const rules = /^redis-cli ACL SETUSER metrics on '>\S+' (.+ \\\n.+)$/m.exec(text)?.[1]
  assert.ok(rules)
  return rules.replace('\\\n', ' ').replaceAll("'", '').split(/\s+/)
}

/** Waits for the failure: on a busy machine, the first attempts can take too long. */
async function assertFails(app: App | undefined, lastError: RegExp): Promise<void> {
  assert.ok(app)
  await eventually(async () => assert.match((await statusOf(app)).lastError ?? '', lastError))
  assert.match(app.stderr(), /metrics cannot be shared by Redis, trying again: /)
}

async function assertCounts(apps: readonly App[], expected: readonly number[]): Promise<void> {
  for (const app of apps) {
    await eventually(async () => {
      const found = [...countsByInstance(await app.page()).values()]
      assert.deepEqual(
        found.sort((one, other) => one - other),
        expected,
        app.stderr(),
      )
    })
  }
}
