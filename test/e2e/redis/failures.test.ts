import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { current } from '../../../scripts/documents.ts'
import { resolveSettings } from '../../../src/config/resolve/resolve.ts'
import { clientOpener } from '../../../src/share/redis/open-client.ts'
import { type ConnectionSettings, redisSettings } from '../../../src/share/redis/redis-settings.ts'
import { messageOf } from '../../../src/support/error-message.ts'
import { authorities, scratchDirectory } from '../../support/endpoint/certificates.ts'
import { endGroup, eventually, freePort, startProgram } from '../../support/programs/app.ts'
import { startClusterNode } from '../../support/redis/cluster.ts'
import { startRedis } from '../../support/redis/redis.ts'
import { startSentinels } from '../../support/redis/sentinels.ts'
import { tlsServers } from '../../support/redis/tls.ts'
import { need, redisServer } from '../../support/tools.ts'

/* Each row of the table in docs/redis.md, with a real server in this state. */

const scratch = scratchDirectory()

type Variables = Readonly<Record<string, string>>

const document = await current('docs/redis.md')
const section = /^### What the message means\n(.*?)^##/ms.exec(document)?.[1] ?? ''
const rows = [...section.matchAll(/^\| ([^|`]+) \| `([^`]+)` \| [^|]+ \|$/gm)]
/** The reasons by the situations. */
const quoted = new Map(rows.map(([, situation = '', text = '']) => [situation, text]))
const shown = new Set<string>()

/** Waits until a round trip fails as the row says. A busy machine can show a timeout before. */
async function show(situation: string, variables: Variables): Promise<string> {
  shown.add(situation)
  const environment = { REDIS_ENABLED: 'true', ...variables }
  const resolution = resolveSettings({ environment, checksFiles: false })
  assert.equal(resolution.kind, 'settings', situation)
  const settings = resolution.kind === 'settings' && redisSettings(resolution.settings)
  assert.ok(settings)
  return await eventually(async () => {
    const text = await failureOf(settings.connection)
    assert.match(text, pattern(quoted.get(situation) ?? 'no row'), situation)
    return text
  }, 60_000)
}

async function failureOf(connection: ConnectionSettings): Promise<string> {
  try {
    const client = await clientOpener({ connectMs: 500, replyMs: 500 })(connection)
    try {
      const [reply] = await client.send([['SET', '{gunicorn}:metrics:x', 'a value']])
      return reply && 'error' in reply ? reply.error.message : 'no error'
    } finally {
      client.close()
    }
  } catch (error) {
    return messageOf(error)
  }
}

/** Addresses and numbers can be any; `…` stands for any text. */
function pattern(text: string): RegExp {
  const parts = text.split(/([\w.]+:\d+|\d+|…)/)
  const expressions = parts.map((part, index) => {
    if (index % 2 === 0) return part.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&')
    if (part === '…') return '.*'
    return part.includes(':') ? '[\\w.]+:\\d+' : '\\d+'
  })
  return new RegExp(`^${expressions.join('')}$`)
}

const at = ({ port }: { readonly port: number }): Variables => ({ REDIS_PORT: `${port}` })
const local = (...ports: readonly number[]): string =>
  ports.map((port) => `127.0.0.1:${port}`).join(',')

/** Ports of privileged services that no test starts. */
const [closed, otherClosed] = [1, 2]

describe('The message about a', { concurrency: true }, () => {
  test('server that is away or refuses has its reason', async (context) => {
    const redis = await startRedis(context, {
      flags: ['--requirepass', 's3cret'],
      client: { password: 's3cret' },
    })
    if (!redis) return
    await show('nothing listens at the port', at({ port: closed }))
    await show('all nodes, or all Sentinels, are away', {
      REDIS_CLUSTER_NODES: local(closed, otherClosed),
    })
    await show('the name does not resolve', { REDIS_HOST: 'redis.invalid' })
    await show('the password or the user is wrong', { ...at(redis), REDIS_PASSWORD: 'wrong' })
    await show('the server wants a password', at(redis))
    const known = { ...at(redis), REDIS_PASSWORD: 's3cret' }
    await show('the database does not exist', { ...known, REDIS_DB: '99' })
    await redis.ask('ACL', 'SETUSER', 'metrics', 'on', '>s3cret', '~*', '+get')
    await show('the user lacks a right', { ...known, REDIS_USERNAME: 'metrics' })
    await redis.ask('CONFIG', 'SET', 'maxmemory', '1')
    await show('the memory is full', known)
    redis.suspend()
    await show('the server hangs', known)
    redis.resume()
  })

  test('replica, or server that loads its data, has its state', async (context) => {
    const program = need(context, redisServer())
    const master =
      program && (await startRedis(context, { flags: ['--enable-debug-command', 'yes'] }))
    if (!master) return
    const flags = ['--replicaof', `127.0.0.1 ${master.port}`]
    const replica = await startRedis(context, { flags })
    assert.ok(replica)
    await show('the server is a replica', at(replica))
    await master.ask('DEBUG', 'POPULATE', '3000')
    await master.ask('SAVE')
    const [, from = ''] = (await master.ask('CONFIG', 'GET', 'dir')) as string[]
    const directory = mkdtempSync(join(scratch, 'loading-'))
    copyFileSync(join(from, 'dump.rdb'), join(directory, 'dump.rdb'))
    const port = await freePort()
    // Each key takes ten milliseconds.
    const slow = ['--key-load-delay', '10000', '--loading-process-events-interval-bytes', '1024']
    const own = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', directory]
    const loading = startProgram([program, ...own, ...slow], {})
    context.after(async () => {
      endGroup(loading.child)
      await loading.ended
    })
    await show('the server loads its data', at({ port }))
  })

  test('failure of TLS has its reason', async (context) => {
    const make = authorities(context, mkdtempSync(join(scratch, 'tls-')))
    if (!make) return
    const [authority, other] = [make('authority'), make('other')]
    const server = authority.issue('server', 'DNS:localhost')
    const open = await startRedis(context, tlsServers({ authority, server }))
    const client = authority.issue('client')
    const asking = await startRedis(context, tlsServers({ authority, server, client }))
    const plain = await startRedis(context)
    if (!(open && asking && plain)) return
    const tls = { REDIS_HOST: 'localhost', REDIS_SSL: 'true', REDIS_SSL_CAFILE: authority.certfile }
    await show('no known authority signed the certificate', {
      ...at(open),
      ...tls,
      REDIS_SSL_CAFILE: other.certfile,
    })
    await show('the certificate is for another name', {
      ...at(open),
      ...tls,
      REDIS_HOST: '127.0.0.1',
    })
    await show('TLS is on, and the port has no TLS', { ...at(plain), ...tls })
    await show('TLS is off, and the port needs TLS', at(open))
    await show('the server asks for a client certificate', { ...at(asking), ...tls })
    const wrong = other.issue('wrong')
    await show('the server refuses the client certificate', {
      ...at(asking),
      ...tls,
      REDIS_SSL_CERTFILE: wrong.certfile,
      REDIS_SSL_KEYFILE: wrong.keyfile,
    })
    await show('certificate and key do not go together', {
      ...at(asking),
      ...tls,
      REDIS_SSL_CERTFILE: client.certfile,
      REDIS_SSL_KEYFILE: wrong.keyfile,
    })
    await show('a file is gone', { ...at(asking), ...tls, REDIS_SSL_CAFILE: join(scratch, 'gone') })
  })

  test('server of another topology has its kind', async (context) => {
    const plain = await startRedis(context)
    const node = await startClusterNode(context)
    const sentinels = plain && (await startSentinels(context))
    if (!(plain && node && sentinels)) return
    const [first = 0] = sentinels.ports
    const name = { REDIS_SENTINEL_NAME: 'mymaster' }
    await show('Sentinels are set, and the server is none', {
      ...name,
      REDIS_SENTINELS: local(plain.port),
    })
    await show('the server is a Sentinel', at({ port: first }))
    await show('the Sentinels know no such master', {
      REDIS_SENTINEL_NAME: 'other',
      REDIS_SENTINELS: local(...sentinels.ports),
    })
    // Without the replica, no failover ends this state.
    await sentinels.replica.kill()
    await sentinels.master.kill()
    await show('the master of the Sentinels is away', {
      ...name,
      REDIS_SENTINELS: local(...sentinels.ports),
    })
    await show('nodes are set, and the server is none', { REDIS_CLUSTER_NODES: local(plain.port) })
    const nodes = { REDIS_CLUSTER_NODES: local(node.port) }
    await show('the cluster has no node for the keys', nodes)
    const other = await startClusterNode(context)
    assert.ok(other)
    const slot = Number(await node.ask('CLUSTER', 'KEYSLOT', '{gunicorn}'))
    await node.ask('CLUSTER', 'ADDSLOTSRANGE', 0, slot - 1)
    await other.ask('CLUSTER', 'ADDSLOTS', slot)
    await show('the cluster is down', at(node))
    await node.ask('CLUSTER', 'ADDSLOTSRANGE', slot + 1, 16_383)
    const bus = /@(\d+)/.exec(String(await other.ask('CLUSTER', 'NODES')))?.[1] ?? ''
    await node.ask('CLUSTER', 'MEET', '127.0.0.1', other.port, bus)
    await show('the server is a node of a Redis Cluster', at(node))
  })
})

test('The table in docs/redis.md has a row for each message', (context) => {
  if (need(context, redisServer()) === undefined) return
  assert.deepEqual([...quoted.keys()].sort(), [...shown].sort())
})
