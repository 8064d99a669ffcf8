import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hashSlot } from '../../../src/share/redis/hash-slot.ts'
import { eventually, freePort } from '../../support/programs/app.ts'
import { startRedisCluster } from '../../support/redis/cluster.ts'
import { assertReached, nodeAt, patientOpener } from '../../support/redis/reaching.ts'
import { startRedis } from '../../support/redis/redis.ts'
import { startSentinels } from '../../support/redis/sentinels.ts'
import { valkeyServer } from '../../support/redis/valkey.ts'
import { need } from '../../support/tools.ts'

const password = { text: 's3cret' }

describe('With Valkey, a client', { concurrency: true }, () => {
  test('reaches one server by user, password and database', async (context) => {
    const program = need(context, valkeyServer())
    const valkey = program && (await startRedis(context, { program }))
    if (!valkey) return
    const rights = ['~{gunicorn}:*', '+set', '+get', '+select']
    await valkey.ask('ACL', 'SETUSER', 'metrics', 'on', '>s3cret', ...rights)
    const topology = { kind: 'standalone', node: nodeAt(valkey.port) } as const
    await assertReached(patientOpener(), { topology, username: 'metrics', password, db: 3 })
    await valkey.ask('SELECT', 3)
    assert.equal(await valkey.ask('DBSIZE'), 1)
  })

  test('reaches the master by Sentinels, also after a failover', async (context) => {
    const program = need(context, valkeyServer())
    const sentinels =
      program &&
      (await startSentinels(context, {
        program,
        flags: ['--requirepass', 's3cret', '--masterauth', 's3cret'],
        client: { password: 's3cret' },
        lines: ['requirepass other', 'sentinel sentinel-pass other'],
        masterLines: ['sentinel auth-pass mymaster s3cret'],
        sentinelClient: { password: 'other' },
      }))
    if (!sentinels) return
    const { ports, master, replica } = sentinels
    const login = { username: undefined, password: { text: 'other' } }
    // The first Sentinel is away.
    const nodes = [await freePort(), ...ports].map((port) => nodeAt(port))
    const group = { kind: 'sentinel', sentinels: nodes, name: 'mymaster', hasTls: false } as const
    const settings = { topology: { ...group, login }, password }
    const open = patientOpener()
    await assertReached(open, settings)
    // On a busy machine, a failover can come before this, and the replication after it.
    await eventually(async () => assert.equal(await master.ask('DBSIZE'), 1))
    await master.kill()
    await eventually(async () => {
      assert.match(String(await replica.ask('INFO', 'replication')), /role:master/)
    }, 60_000)
    await assertReached(open, settings)
  })

  test('reaches the node of its keys in a cluster, whichever node it asks', async (context) => {
    const program = need(context, valkeyServer())
    const nodes = program && (await startRedisCluster(context, { program }))
    if (!nodes) return
    for (const { port } of nodes) {
      const topology = { kind: 'cluster', nodes: [nodeAt(port)], hashTag: 'gunicorn' } as const
      await assertReached(patientOpener(), { topology })
    }
    const [first] = nodes
    assert.ok(first)
    for (const text of ['gunicorn', 'ä', '123456789', 'x'.repeat(200)]) {
      assert.equal(hashSlot(text), await first.ask('CLUSTER', 'KEYSLOT', `{${text}}:metrics`))
    }
  })
})
