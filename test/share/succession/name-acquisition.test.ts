import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { describe, type TestContext, test } from 'node:test'
import { shareLimits } from '../../../src/limits/share.ts'
import { encodePeerState, parsePeerState } from '../../../src/share/peers/peer-state.ts'
import type { ServiceSlot } from '../../../src/share/peers/service-slot.ts'
import { type Client, openClient } from '../../../src/share/redis/client.ts'
import { redisKeysOf } from '../../../src/share/redis/keys.ts'
import type { ConnectionSettings } from '../../../src/share/redis/redis-settings.ts'
import { encodeLease, parseLease } from '../../../src/share/succession/lease.ts'
import {
  type AcquiredLease,
  NameAcquisition,
} from '../../../src/share/succession/name-acquisition.ts'
import { ownProcessIdentity, type ProcessIdentity } from '../../../src/support/process-identity.ts'
import { eventually } from '../../support/programs/app.ts'
import { type RedisServer, startRedis } from '../../support/redis/redis.ts'
import { counted, sourceState } from '../../support/redis/source-state.ts'

const place: ServiceSlot = {
  service: 'shop',
  host: 'host',
  address: '0.0.0.0:9091',
  directory: '/srv',
  instance: undefined,
}
const own = ownProcessIdentity()
/** Whose pid says nothing here. */
const elsewhere: ProcessIdentity = { ...own, pid: 1, pidNamespace: 'another machine' }
const dead: ProcessIdentity = { ...own, pid: 2 ** 22 + 1 }

interface Scene {
  readonly redis: RedisServer
  readonly claimant: (options?: {
    readonly life?: ProcessIdentity
    readonly place?: Partial<ServiceSlot>
  }) => Claimant
  /** Writes what a process would have. */
  readonly write: (
    incarnation: string,
    parts?: { sequence?: number; hasEnded?: boolean },
  ) => Promise<unknown>
}

interface Claimant {
  readonly incarnation: string
  readonly attempt: (instance?: string) => Promise<AcquiredLease | undefined>
}

describe('a place', () => {
  test('is one process’s; the next one that comes has another name', async (context) => {
    const { claimant } = (await scene(context)) ?? {}
    if (!claimant) return
    const first = await claimant().attempt()
    const second = await claimant().attempt()
    assert.match(first?.instance ?? '', /^host-[\da-f]{8}$/)
    assert.notEqual(first?.instance, second?.instance)
    assert.notEqual(first?.lease, second?.lease)
    for (const other of [
      { service: 'bar' },
      { host: 'b' },
      { address: 'b:1' },
      { directory: '/b' },
    ]) {
      const third = await claimant({ place: other }).attempt()
      assert.ok(third?.lease?.endsWith(':0'))
      assert.ok(![first?.lease, second?.lease].includes(third?.lease))
    }
  })

  test('goes to one of sixteen that come at once when its process is dead', async (context) => {
    const { claimant, write } = (await scene(context)) ?? {}
    if (!claimant || !write) return
    const gone = claimant({ life: dead })
    const before = await gone.attempt()
    await write(gone.incarnation)
    const all = await Promise.all(Array.from({ length: 16 }, () => claimant().attempt()))
    const successors = all.filter((each) => each?.predecessors[0] === gone.incarnation)
    assert.equal(successors.length, 1)
    assert.equal(successors[0]?.instance, before?.instance)
    assert.deepEqual(successors[0]?.previous?.metrics, [counted(5)])
    assert.equal(new Set(all.map((each) => each?.instance)).size, 16)
    assert.equal(new Set(all.map((each) => each?.lease)).size, 16)
  })

  test('is continued past processes that died before they wrote', async (context) => {
    const { claimant, write } = (await scene(context)) ?? {}
    if (!claimant || !write) return
    const first = claimant({ life: dead })
    const before = await first.attempt()
    await write(first.incarnation)
    const others = Array.from({ length: shareLimits.predecessors - 1 }, () =>
      claimant({ life: dead }),
    )
    for (const other of others) await other.attempt()
    const last = claimant()
    const acquired = await last.attempt()
    assert.equal(acquired?.instance, before?.instance)
    assert.deepEqual(acquired?.previous?.metrics, [counted(5)])
    const line = [first, ...others].map(({ incarnation }) => incarnation).reverse()
    assert.deepEqual(acquired?.predecessors, line)
    const bytes = encodePeerState(sourceState({ predecessors: acquired?.predecessors ?? [] }))
    assert.equal(typeof parsePeerState(bytes), 'object')
  })

  test('names so many of those that it continues and no more', async (context) => {
    const { claimant } = (await scene(context)) ?? {}
    if (!claimant) return
    const all = Array.from({ length: shareLimits.predecessors + 3 }, () => claimant({ life: dead }))
    for (const each of all) await each.attempt()
    const acquired = await claimant().attempt()
    const latest = all.slice(-shareLimits.predecessors).map(({ incarnation }) => incarnation)
    assert.deepEqual(acquired?.predecessors, latest.reverse())
  })

  test('is not lost when its lease could not be written after its successor had been', async (context) => {
    const { redis, claimant, write } = (await scene(context)) ?? {}
    if (!redis || !claimant || !write) return
    const gone = claimant({ life: dead })
    const before = await gone.attempt()
    await write(gone.incarnation)
    const successor = claimant()
    const everything = ['SETUSER', 'default', 'resetkeys'] as const
    await redis.ask('ACL', ...everything, '%R~*', '~{gunicorn}:metrics:successor:*')
    await assert.rejects(successor.attempt(), /NOPERM/)
    await redis.ask('ACL', ...everything, '~*')
    const other = await claimant().attempt()
    assert.deepEqual(other?.predecessors, [])
    const acquired = await successor.attempt()
    assert.equal(acquired?.instance, before?.instance)
    assert.equal(acquired?.lease, before?.lease)
    assert.deepEqual(acquired?.predecessors, [gone.incarnation])
    assert.deepEqual(acquired?.previous?.metrics, [counted(5)])
    const lease = parseLease(String(await redis.ask('GET', acquired?.lease ?? '')))
    assert.equal(lease?.incarnation, successor.incarnation)
  })

  test('is the same for one that asks again because no answer came', async (context) => {
    const { redis, claimant, write } = (await scene(context)) ?? {}
    if (!redis || !claimant || !write) return
    for (const [life, count] of [
      [dead, 1],
      // Whose live workers tell the totals again.
      [own, 0],
    ] as const) {
      await redis.ask('FLUSHALL')
      const gone = claimant({ life })
      await gone.attempt()
      await write(gone.incarnation)
      const successor = claimant({ life: own })
      const acquired = await successor.attempt()
      assert.deepEqual(acquired?.predecessors, [gone.incarnation])
      assert.equal(acquired.previous?.metrics.length ?? 0, count)
      assert.deepEqual(await successor.attempt(), acquired)
      assert.equal(
        await redis.ask('EXISTS', `{gunicorn}:metrics:successor:${successor.incarnation}`),
        0,
      )
    }
    const first = claimant({ place: { directory: '/elsewhere' } })
    const settled = await first.attempt()
    assert.deepEqual(await first.attempt(settled?.instance), settled)
    assert.deepEqual(await first.attempt(), settled)
  })

  test('is free at once when its process has said goodbye, wherever that was', async (context) => {
    const { claimant, write } = (await scene(context)) ?? {}
    if (!claimant || !write) return
    const gone = claimant({ life: elsewhere })
    await gone.attempt()
    await write(gone.incarnation, { hasEnded: true })
    const successor = await claimant().attempt()
    assert.deepEqual(successor?.predecessors, [gone.incarnation])
  })

  test('of a process that cannot be seen is watched until that has been silent', async (context) => {
    const { claimant, write } = (await scene(context)) ?? {}
    if (!claimant || !write) return
    const gone = claimant({ life: elsewhere })
    await gone.attempt()
    await write(gone.incarnation)
    const successor = claimant()
    assert.equal(await successor.attempt(), undefined)
    const acquired = await eventually(async () => {
      const found = await successor.attempt()
      assert.ok(found)
      return found
    }, 10 * shareLimits.silenceMs)
    assert.deepEqual(acquired.predecessors, [gone.incarnation])
  })

  test('of one that cannot be seen, and writes, is left alone', async (context) => {
    const { claimant, write } = (await scene(context)) ?? {}
    if (!claimant || !write) return
    const there = claimant({ life: elsewhere })
    const its = await there.attempt()
    await write(there.incarnation)
    const newcomer = claimant()
    assert.equal(await newcomer.attempt(), undefined)
    await write(there.incarnation, { sequence: 2 })
    const acquired = await newcomer.attempt()
    assert.deepEqual(acquired?.predecessors, [])
    assert.notEqual(acquired?.instance, its?.instance)
  })

  test('is kept by a thread that is started again, without totals that live workers tell again', async (context) => {
    const { claimant, write } = (await scene(context)) ?? {}
    if (!claimant || !write) return
    const crashed = claimant({ life: own })
    const its = await crashed.attempt()
    await write(crashed.incarnation)
    const again = await claimant({ life: own }).attempt()
    assert.equal(again?.instance, its?.instance)
    assert.deepEqual(again?.predecessors, [crashed.incarnation])
    assert.equal(again?.previous, undefined)
  })

  test('is not taken over by a process that could not wait, which keeps its name', async (context) => {
    const { claimant, write } = (await scene(context)) ?? {}
    if (!claimant || !write) return
    const gone = claimant({ life: dead })
    await gone.attempt()
    await write(gone.incarnation)
    const late = await claimant().attempt('host-12345678')
    assert.equal(late?.instance, 'host-12345678')
    assert.deepEqual(late?.predecessors, [])
  })

  test('by a given name is continued without earlier totals by one that could not wait', async (context) => {
    const { claimant, write } = (await scene(context)) ?? {}
    if (!claimant || !write) return
    const named = { instance: 'shop-1' }
    const gone = claimant({ life: dead, place: named })
    assert.equal((await gone.attempt())?.instance, 'shop-1')
    await write(gone.incarnation)
    const late = await claimant({ place: { ...named, host: 'elsewhere' } }).attempt('shop-1')
    assert.equal(late?.instance, 'shop-1')
    assert.deepEqual(late?.predecessors, [gone.incarnation])
    assert.equal(late?.previous, undefined)
  })

  test('has room for a number of processes; those beyond it have names, and no successors', async (context) => {
    const { claimant } = (await scene(context)) ?? {}
    if (!claimant) return
    const all: (AcquiredLease | undefined)[] = []
    for (let count = 0; count <= shareLimits.leases; count += 1) {
      all.push(await claimant().attempt())
    }
    assert.equal(new Set(all.map((each) => each?.instance)).size, shareLimits.leases + 1)
    assert.equal(all.at(-1)?.lease, undefined)
  })
})

test('what stands in a lease’s place and is none is nobody’s', async (context) => {
  const { redis, claimant } = (await scene(context)) ?? {}
  if (!redis || !claimant) return
  const first = await claimant().attempt()
  const good = encodeLease({ incarnation: randomUUID(), instance: 'x', predecessors: [], ...dead })
  for (const text of [
    '',
    '{',
    '[]',
    '{"version":2}',
    good.replace(/"pid":\d+/, '"pid":-1'),
    good.replace('"predecessors":[]', '"predecessors":["x"]'),
    good.replace('"predecessors":[],', ''),
    'x'.repeat(5_000),
  ]) {
    assert.equal(parseLease(text), undefined)
    await redis.ask('SET', first?.lease ?? '', text)
    const acquired = await claimant().attempt()
    assert.deepEqual(acquired?.predecessors, [])
    assert.notEqual(acquired?.lease, first?.lease)
  }
  assert.ok(parseLease(good))
})

/** Of a process of its own, which lives as long as the test. */
function livingOne(context: TestContext): ProcessIdentity {
  const child = spawn('sleep', ['120'], { stdio: 'ignore' })
  context.after(() => child.kill('SIGKILL'))
  return { ...own, pid: child.pid ?? 0, startTicks: '' }
}

async function scene(context: TestContext): Promise<Scene | undefined> {
  const redis = await startRedis(context)
  if (!redis) return undefined
  const connection: ConnectionSettings = {
    topology: { kind: 'standalone', node: { host: '127.0.0.1', port: redis.port } },
    db: 0,
    username: undefined,
    password: undefined,
    hasTls: false,
    cafile: undefined,
  }
  const keys = redisKeysOf('gunicorn', connection)
  const client: Client = await openClient(connection)
  context.after(() => client.close())
  return {
    redis,
    claimant({ life = livingOne(context), place: parts = {} } = {}) {
      const incarnation = randomUUID()
      const claim = new NameAcquisition({
        keys,
        serviceSlot: { ...place, ...parts },
        ttlMs: 60_000,
        process: life,
      })
      return {
        incarnation,
        attempt: (instance) =>
          claim.attempt(client.send, { incarnation: incarnation, instance, predecessors: [] }),
      }
    },
    write: (incarnation, parts = {}) => {
      const state = sourceState({
        incarnation: incarnation,
        metrics: [counted(5)],
        retained: [],
        ...parts,
      })
      return redis.ask('SET', keys.source(incarnation), encodePeerState(state))
    },
  }
}
