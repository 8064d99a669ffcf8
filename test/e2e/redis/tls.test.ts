import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { hashSlot } from '../../../src/share/redis/hash-slot.ts'
import type { ConnectionSettings } from '../../../src/share/redis/redis-settings.ts'
import {
  type Authority,
  authorities,
  scratchDirectory,
} from '../../support/endpoint/certificates.ts'
import { eventually } from '../../support/programs/app.ts'
import { startRedisCluster } from '../../support/redis/cluster.ts'
import {
  assertNotReached,
  assertReached,
  assertWrites,
  key,
  nodeAt,
  patientOpener,
} from '../../support/redis/reaching.ts'
import { type RedisServer, startRedis } from '../../support/redis/redis.ts'
import { type RedisSentinels, startSentinels } from '../../support/redis/sentinels.ts'
import { connection } from '../../support/redis/standalone.ts'
import { linesOf, type TlsOptions, tlsServers } from '../../support/redis/tls.ts'

const scratch = scratchDirectory()

describe('With TLS, a client', { concurrency: true }, () => {
  test('reads its certificate and the authorities again for each connection', async (context) => {
    const make = authorities(context, mkdtempSync(join(scratch, 'rotated-')))
    if (!make) return
    const files = {
      certfile: named('REDIS_SSL_CERTFILE'),
      keyfile: named('REDIS_SSL_KEYFILE'),
      cafile: named('REDIS_SSL_CAFILE'),
    }
    const open = patientOpener()
    const at = ({ redis }: { readonly redis: RedisServer }) => {
      const topology = { kind: 'standalone', node: nodeAt(redis.port) } as const
      return { topology, hasTls: true, ...files }
    }
    const before = await startAsking(context, make, 'first')
    const after = await startAsking(context, make, 'second')
    if (!(before && after)) return
    copyAll(before.tls)
    await assertReached(open, at(before))
    await assertNotReached(open, at(after), /self-signed certificate/)
    copyAll(after.tls)
    await assertReached(open, at(after))

    function copyAll({ authority, client }: TlsOptions): void {
      assert.ok(client)
      copyFileSync(client.certfile, files.certfile.path)
      copyFileSync(client.keyfile, files.keyfile.path)
      copyFileSync(authority.certfile, files.cafile.path)
    }
  })

  test('reaches servers with TLS by Sentinels without TLS', async (context) => {
    const tls = certificates(context)
    if (!tls) return
    const servers = tlsServers(tls)
    const lines = linesOf(servers.flags ?? [])
    const sentinels = await startSentinels(context, { ...servers, lines, haveTls: false })
    if (sentinels) await assertReached(patientOpener(), settingsOf(tls, sentinels, false))
  })

  test('reaches servers without TLS by Sentinels with TLS', async (context) => {
    const tls = certificates(context)
    if (!tls) return
    const { flags = [], client = {} } = tlsServers(tls)
    // Sentinels reach the servers as replicas do.
    const lines = linesOf(flags).filter((line) => !line.includes('replication'))
    const options = { lines, haveTls: true, sentinelClient: client }
    const sentinels = await startSentinels(context, options)
    if (sentinels) await assertReached(patientOpener(), settingsOf(tls, sentinels, true))
  })

  test('follows its keys in a cluster, however the nodes are announced', async (context) => {
    const tls = certificates(context, 'DNS:localhost')
    const nodes = tls && (await startCluster(context, tls))
    if (!nodes) return
    const cafile = { path: tls.authority.certfile, setting: 'REDIS_SSL_CAFILE' }
    const from = ({ port }: RedisServer): ConnectionSettings => {
      const hosts = [nodeAt(port, 'localhost')]
      const topology = { kind: 'cluster', nodes: hosts, hashTag: 'gunicorn' } as const
      return { ...connection, topology, hasTls: true, cafile }
    }
    const [owner, other] = [await ownerOf(nodes), nodes.at(-1)]
    assert.ok(other && owner !== other)
    const mismatch = /^127\.0\.0\.1:\d+ \(named by localhost:\d+\): Hostname\/IP does not match/
    await assertNotReached(patientOpener(), from(other), mismatch)
    await setAll(nodes, 'cluster-announce-hostname', 'localhost')
    for (const type of ['ip', 'hostname', 'unknown-endpoint']) {
      await setAll(nodes, 'cluster-preferred-endpoint-type', type)
      for (const node of nodes) await assertReached(patientOpener(), from(node))
      await assertFollowed(nodes, from(other))
    }
  })
})

async function startCluster(
  context: TestContext,
  tls: TlsOptions,
): Promise<readonly RedisServer[] | undefined> {
  const { flags = [], ...servers } = tlsServers(tls)
  return await startRedisCluster(context, { ...servers, flags: [...flags, '--tls-cluster', 'yes'] })
}

/** Either the Sentinels or the servers have TLS. */
function settingsOf(
  { authority }: TlsOptions,
  { ports }: RedisSentinels,
  haveTls: boolean,
): Partial<ConnectionSettings> {
  const login = { username: undefined, password: undefined }
  const sentinels = ports.map((port) => nodeAt(port))
  const group = { kind: 'sentinel', sentinels, name: 'mymaster', login } as const
  const cafile = { path: authority.certfile, setting: 'REDIS_SSL_CAFILE' }
  return { topology: { ...group, hasTls: haveTls }, hasTls: !haveTls, cafile }
}

function named(setting: string): { path: string; setting: string } {
  return { path: join(scratch, setting), setting }
}

/** A server that asks for certificates. */
async function startAsking(
  context: TestContext,
  make: (name: string) => Authority,
  name: string,
): Promise<{ redis: RedisServer; tls: TlsOptions } | undefined> {
  const authority = make(name)
  const [server, client] = [authority.issue(`${name}-server`), authority.issue(`${name}-client`)]
  const tls = { authority, server, client }
  const redis = await startRedis(context, tlsServers(tls))
  return redis && { redis, tls }
}

function certificates(context: TestContext, names?: string): TlsOptions | undefined {
  const make = authorities(context, mkdtempSync(join(scratch, 'certificates-')))
  const authority = make?.('authority')
  return authority && { authority, server: authority.issue('server', names) }
}

async function setAll(nodes: readonly RedisServer[], name: string, value: string): Promise<void> {
  for (const { ask } of nodes) await ask('CONFIG', 'SET', name, value)
}

/** The node that does not send clients on. */
async function ownerOf(nodes: readonly RedisServer[]): Promise<RedisServer | undefined> {
  for (const node of nodes) {
    const answer = await node.ask('GET', key).catch(String)
    if (!String(answer).includes('MOVED')) return node
  }
  return undefined
}

/** The same client writes before and after a move of its keys. */
async function assertFollowed(
  nodes: readonly RedisServer[],
  settings: ConnectionSettings,
): Promise<void> {
  const client = await eventually(() => patientOpener()(settings))
  await assertWrites(client)
  await moveSlot(nodes)
  await assertWrites(client)
  client.close()
}

/** Gives the slot of the keys to the next node, without the keys. */
async function moveSlot(nodes: readonly RedisServer[]): Promise<void> {
  const owner = await ownerOf(nodes)
  assert.ok(owner)
  const next = nodes[(nodes.indexOf(owner) + 1) % nodes.length] ?? owner
  await owner.ask('FLUSHALL')
  const id = String(await next.ask('CLUSTER', 'MYID'))
  for (const { ask } of [next, owner, ...nodes]) {
    await ask('CLUSTER', 'SETSLOT', hashSlot('gunicorn'), 'NODE', id)
    // The other nodes believe the node with the latest epoch.
    await next.ask('CLUSTER', 'BUMPEPOCH')
  }
}
