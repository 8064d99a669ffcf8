import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { describe, type TestContext, test } from 'node:test'
import { limits } from '../../../src/limits.ts'
import { type Life, ownLife } from '../../../src/relay/life.ts'
import { encodeSource, parseSource } from '../../../src/share/peers/peer-state.ts'
import { type Client, openClient } from '../../../src/share/redis/client.ts'
import { keysOf } from '../../../src/share/redis/keys.ts'
import type { ConnectionSettings, Place } from '../../../src/share/redis/redis-settings.ts'
import { Claim, type Claimed } from '../../../src/share/succession/claim.ts'
import { encodeLease, parseLease } from '../../../src/share/succession/lease.ts'
import { eventually } from '../../support/programs/app.ts'
import { type RedisServer, startRedis } from '../../support/redis/redis.ts'
import { counted, sourceState } from '../../support/redis/source-state.ts'

const place: Place = {
  service: 'shop',
  host: 'host',
  address: '0.0.0.0:9091',
  directory: '/srv',
  instance: undefined,
}
const own = ownLife()
/** Whose pid says nothing here. */
const elsewhere: Life = { ...own, pid: 1, machine: 'another machine' }
const dead: Life = { ...own, pid: 2 ** 22 + 1 }

interface Scene {
  readonly redis: RedisServer
  readonly claimant: (options?: {
    readonly life?: Life
    readonly place?: Partial<Place>
  }) => Claimant
  /** Writes what a process would have. */
  readonly write: (
    generation: string,
    parts?: { sequence?: number; hasEnded?: boolean },
  ) => Promise<unknown>
}

interface Claimant {
  readonly generation: string
  readonly attempt: (instance?: string) => Promise<Claimed | undefined>
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
    await write(gone.generation)
    const all = await Promise.all(Array.from({ length: 16 }, () => claimant().attempt()))
    const heirs = all.filter((each) => each?.ancestors[0] === gone.generation)
    assert.equal(heirs.length, 1)
    assert.equal(heirs[0]?.instance, before?.instance)
    assert.deepEqual(heirs[0]?.previous?.metrics, [counted(5)])
    assert.equal(new Set(all.map((each) => each?.instance)).size, 16)
    assert.equal(new Set(all.map((each) => each?.lease)).size, 16)
  })

  test('is continued past processes that died before they wrote', async (context) => {
    const { claimant, write } = (await scene(context)) ?? {}
    if (!claimant || !write) return
    const first = claimant({ life: dead })
    const before = await first.attempt()
    await write(first.generation)
    const others = Array.from({ length: limits.ancestors - 1 }, () => claimant({ life: dead }))
    for (const other of others) await other.attempt()
    const last = claimant()
    const claimed = await last.attempt()
    assert.equal(claimed?.instance, before?.instance)
    assert.deepEqual(claimed?.previous?.metrics, [counted(5)])
    const line = [first, ...others].map(({ generation }) => generation).reverse()
    assert.deepEqual(claimed?.ancestors, line)
    const bytes = encodeSource(sourceState({ ancestors: claimed?.ancestors ?? [] }))
    assert.equal(typeof parseSource(bytes), 'object')
  })

  test('names so many of those that it continues and no more', async (context) => {
    const { claimant } = (await scene(context)) ?? {}
    if (!claimant) return
    const all = Array.from({ length: limits.ancestors + 3 }, () => claimant({ life: dead }))
    for (const each of all) await each.attempt()
    const claimed = await claimant().attempt()
    const latest = all.slice(-limits.ancestors).map(({ generation }) => generation)
    assert.deepEqual(claimed?.ancestors, latest.reverse())
  })

  test('is not lost when its lease could not be written after its heir had been', async (context) => {
    const { redis, claimant, write } = (await scene(context)) ?? {}
    if (!redis || !claimant || !write) return
    const gone = claimant({ life: dead })
    const before = await gone.attempt()
    await write(gone.generation)
    const heir = claimant()
    const everything = ['SETUSER', 'default', 'resetkeys'] as const
    await redis.ask('ACL', ...everything, '%R~*', '~{gunicorn}:metrics:heir:*')
    await assert.rejects(heir.attempt(), /NOPERM/)
    await redis.ask('ACL', ...everything, '~*')
    const other = await claimant().attempt()
    assert.deepEqual(other?.ancestors, [])
    const claimed = await heir.attempt()
    assert.equal(claimed?.instance, before?.instance)
    assert.equal(claimed?.lease, before?.lease)
    assert.deepEqual(claimed?.ancestors, [gone.generation])
    assert.deepEqual(claimed?.previous?.metrics, [counted(5)])
    const lease = parseLease(String(await redis.ask('GET', claimed?.lease ?? '')))
    assert.equal(lease?.generation, heir.generation)
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
      await write(gone.generation)
      const heir = claimant({ life: own })
      const claimed = await heir.attempt()
      assert.deepEqual(claimed?.ancestors, [gone.generation])
      assert.equal(claimed.previous?.metrics.length ?? 0, count)
      assert.deepEqual(await heir.attempt(), claimed)
      assert.equal(await redis.ask('EXISTS', `{gunicorn}:metrics:heir:${heir.generation}`), 0)
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
    await write(gone.generation, { hasEnded: true })
    const heir = await claimant().attempt()
    assert.deepEqual(heir?.ancestors, [gone.generation])
  })

  test('of a process that cannot be seen is watched until that has been silent', async (context) => {
    const { claimant, write } = (await scene(context)) ?? {}
    if (!claimant || !write) return
    const gone = claimant({ life: elsewhere })
    await gone.attempt()
    await write(gone.generation)
    const heir = claimant()
    assert.equal(await heir.attempt(), undefined)
    const claimed = await eventually(async () => {
      const found = await heir.attempt()
      assert.ok(found)
      return found
    }, 10 * limits.silenceMs)
    assert.deepEqual(claimed.ancestors, [gone.generation])
  })

  test('of one that cannot be seen, and writes, is left alone', async (context) => {
    const { claimant, write } = (await scene(context)) ?? {}
    if (!claimant || !write) return
    const there = claimant({ life: elsewhere })
    const its = await there.attempt()
    await write(there.generation)
    const newcomer = claimant()
    assert.equal(await newcomer.attempt(), undefined)
    await write(there.generation, { sequence: 2 })
    const claimed = await newcomer.attempt()
    assert.deepEqual(claimed?.ancestors, [])
    assert.notEqual(claimed?.instance, its?.instance)
  })

  test('is kept by a thread that is started again, without totals that live workers tell again', async (context) => {
    const { claimant, write } = (await scene(context)) ?? {}
    if (!claimant || !write) return
    const crashed = claimant({ life: own })
    const its = await crashed.attempt()
    await write(crashed.generation)
    const again = await claimant({ life: own }).attempt()
    assert.equal(again?.instance, its?.instance)
    assert.deepEqual(again?.ancestors, [crashed.generation])
    assert.equal(again?.previous, undefined)
  })

  test('is not taken over by a process that could not wait, which keeps its name', async (context) => {
    const { claimant, write } = (await scene(context)) ?? {}
    if (!claimant || !write) return
    const gone = claimant({ life: dead })
    await gone.attempt()
    await write(gone.generation)
    const late = await claimant().attempt('host-12345678')
    assert.equal(late?.instance, 'host-12345678')
    assert.deepEqual(late?.ancestors, [])
  })

  test('by a given name is continued without earlier totals by one that could not wait', async (context) => {
    const { claimant, write } = (await scene(context)) ?? {}
    if (!claimant || !write) return
    const named = { instance: 'shop-1' }
    const gone = claimant({ life: dead, place: named })
    assert.equal((await gone.attempt())?.instance, 'shop-1')
    await write(gone.generation)
    const late = await claimant({ place: { ...named, host: 'elsewhere' } }).attempt('shop-1')
    assert.equal(late?.instance, 'shop-1')
    assert.deepEqual(late?.ancestors, [gone.generation])
    assert.equal(late?.previous, undefined)
  })

  test('has room for a number of processes; those beyond it have names, and no successors', async (context) => {
    const { claimant } = (await scene(context)) ?? {}
    if (!claimant) return
    const all: (Claimed | undefined)[] = []
    for (let count = 0; count <= limits.leases; count += 1) {
      all.push(await claimant().attempt())
    }
    assert.equal(new Set(all.map((each) => each?.instance)).size, limits.leases + 1)
    assert.equal(all.at(-1)?.lease, undefined)
  })
})

test('what stands in a lease’s place and is none is nobody’s', async (context) => {
  const { redis, claimant } = (await scene(context)) ?? {}
  if (!redis || !claimant) return
  const first = await claimant().attempt()
  const good = encodeLease({ generation: randomUUID(), instance: 'x', ancestors: [], ...dead })
  for (const text of [
    '',
    '{',
    '[]',
    '{"version":2}',
    good.replace(/"pid":\d+/, '"pid":-1'),
    good.replace('"ancestors":[]', '"ancestors":["x"]'),
    good.replace('"ancestors":[],', ''),
    'x'.repeat(5_000),
  ]) {
    assert.equal(parseLease(text), undefined)
    await redis.ask('SET', first?.lease ?? '', text)
    const claimed = await claimant().attempt()
    assert.deepEqual(claimed?.ancestors, [])
    assert.notEqual(claimed?.lease, first?.lease)
  }
  assert.ok(parseLease(good))
})

/** Of a process of its own, which lives as long as the test. */
function livingOne(context: TestContext): Life {
  const child = spawn('sleep', ['120'], { stdio: 'ignore' })
  context.after(() => child.kill('SIGKILL'))
  return { ...own, pid: child.pid ?? 0, ticks: '' }
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
  const keys = keysOf('gunicorn', connection)
  const client: Client = await openClient(connection)
  context.after(() => client.close())
  return {
    redis,
    claimant({ life = livingOne(context), place: parts = {} } = {}) {
      const generation = randomUUID()
      const claim = new Claim({ keys, place: { ...place, ...parts }, ttlMs: 60_000, life })
      return {
        generation,
        attempt: (instance) => claim.attempt(client.send, { generation, instance, ancestors: [] }),
      }
    },
    write: (generation, parts = {}) => {
      const state = sourceState({ generation, metrics: [counted(5)], retained: [], ...parts })
      return redis.ask('SET', keys.source(generation), encodeSource(state))
    },
  }
}
