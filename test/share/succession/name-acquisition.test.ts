import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import { shareLimits } from '../../../src/limits/share.ts'
import { encodePeerState, parsePeerState } from '../../../src/share/peers/peer-state.ts'
import type { ServiceSlot } from '../../../src/share/peers/service-slot.ts'
import { redisKeysOf } from '../../../src/share/redis/keys.ts'
import { encodeLease, parseLease } from '../../../src/share/succession/lease.ts'
import {
  type AcquiredLease,
  NameAcquisition,
} from '../../../src/share/succession/name-acquisition.ts'
import type { ProcessIdentity } from '../../../src/support/process/process-identity.ts'
import { MemoryRedis } from '../../support/redis/memory-redis.ts'
import { counted, sourceState } from '../../support/redis/source-state.ts'
import { connection } from '../../support/redis/standalone.ts'

const slot: ServiceSlot = {
  service: 'shop',
  host: 'host',
  address: '0.0.0.0:9091',
  directory: '/srv',
  instance: undefined,
}
const keys = redisKeysOf('gunicorn', connection)
const own: ProcessIdentity = { pid: 10, startTicks: '1', pidNamespace: 'here' }
/** A process of which the pid says nothing here. */
const elsewhere: ProcessIdentity = { ...own, pidNamespace: 'there' }
const dead: ProcessIdentity = { ...own, pid: 99 }

describe('NameAcquisition', () => {
  test('gives two processes of one slot different names and leases', async () => {
    const { candidate } = scene()
    const first = await candidate().attempt()
    const second = await candidate().attempt()
    assert.match(first?.instance ?? '', /^host-[\da-f]{8}$/)
    assert.notEqual(first?.instance, second?.instance)
    assert.notEqual(first?.lease, second?.lease)
    for (const other of [
      { service: 'bar' },
      { host: 'b' },
      { address: 'b:1' },
      { directory: '/b' },
    ]) {
      const third = await candidate({ slot: other }).attempt()
      assert.ok(third?.lease?.endsWith(':0'))
      assert.ok(![first?.lease, second?.lease].includes(third?.lease))
    }
  })

  test('lets one of sixteen simultaneous processes continue a dead process', async () => {
    const { candidate, write } = scene()
    const gone = candidate({ process: dead })
    const before = await gone.attempt()
    write(gone.incarnation)
    const all = await Promise.all(Array.from({ length: 16 }, () => candidate().attempt()))
    const successors = all.filter((each) => each?.predecessors[0] === gone.incarnation)
    assert.equal(successors.length, 1)
    assert.equal(successors[0]?.instance, before?.instance)
    assert.deepEqual(successors[0]?.previous?.metrics, [counted(5)])
    assert.equal(new Set(all.map((each) => each?.instance)).size, 16)
    assert.equal(new Set(all.map((each) => each?.lease)).size, 16)
  })

  test('continues totals past processes that died before their first write', async () => {
    const { candidate, write } = scene()
    const first = candidate({ process: dead })
    const before = await first.attempt()
    write(first.incarnation)
    const others = Array.from({ length: shareLimits.predecessors - 1 }, () =>
      candidate({ process: dead }),
    )
    for (const other of others) await other.attempt()
    const last = candidate()
    const acquired = await last.attempt()
    assert.equal(acquired?.instance, before?.instance)
    assert.deepEqual(acquired?.previous?.metrics, [counted(5)])
    const line = [first, ...others].map(({ incarnation }) => incarnation).reverse()
    assert.deepEqual(acquired?.predecessors, line)
    const bytes = encodePeerState(sourceState({ predecessors: acquired?.predecessors ?? [] }))
    assert.equal(typeof parsePeerState(bytes), 'object')
  })

  test('names at most shareLimits.predecessors predecessors, the latest first', async () => {
    const { candidate } = scene()
    const all = Array.from({ length: shareLimits.predecessors + 3 }, () =>
      candidate({ process: dead }),
    )
    for (const each of all) await each.attempt()
    const acquired = await candidate().attempt()
    const latest = all.slice(-shareLimits.predecessors).map(({ incarnation }) => incarnation)
    assert.deepEqual(acquired?.predecessors, latest.reverse())
  })

  test('finishes an acquisition whose lease could not be written', async () => {
    const { redis, candidate, write } = scene()
    const gone = candidate({ process: dead })
    const before = await gone.attempt()
    write(gone.incarnation)
    const successor = candidate()
    redis.failure = ([name, key, ...rest]) =>
      name === 'SET' && String(key).includes(':lease:') && !rest.includes('NX')
        ? 'NOPERM no access to this key'
        : undefined
    await assert.rejects(successor.attempt(), /NOPERM/)
    redis.failure = () => undefined
    const other = await candidate().attempt()
    assert.deepEqual(other?.predecessors, [])
    const acquired = await successor.attempt()
    assert.equal(acquired?.instance, before?.instance)
    assert.equal(acquired?.lease, before?.lease)
    assert.deepEqual(acquired?.predecessors, [gone.incarnation])
    assert.deepEqual(acquired?.previous?.metrics, [counted(5)])
    const lease = parseLease(redis.text(acquired?.lease ?? ''))
    assert.equal(lease?.incarnation, successor.incarnation)
  })

  test('gives the same answer to a process that asks again', async () => {
    const { redis, candidate, write } = scene()
    for (const [process, count] of [
      [dead, 1],
      // The live workers of this process report the totals again.
      [own, 0],
    ] as const) {
      redis.values.clear()
      const gone = candidate({ process })
      await gone.attempt()
      write(gone.incarnation)
      const successor = candidate({ process: own })
      const acquired = await successor.attempt()
      assert.deepEqual(acquired?.predecessors, [gone.incarnation])
      assert.equal(acquired.previous?.metrics.length ?? 0, count)
      assert.deepEqual(await successor.attempt(), acquired)
      assert.equal(redis.text(keys.successor(successor.incarnation)), undefined)
    }
    const first = candidate({ slot: { directory: '/elsewhere' } })
    const settled = await first.attempt()
    assert.deepEqual(await first.attempt(settled?.instance), settled)
    assert.deepEqual(await first.attempt(), settled)
  })

  test('continues an ended process of another host at once', async () => {
    const { candidate, write } = scene()
    const gone = candidate({ process: elsewhere })
    await gone.attempt()
    write(gone.incarnation, { hasEnded: true })
    const successor = await candidate().attempt()
    assert.deepEqual(successor?.predecessors, [gone.incarnation])
  })

  test('waits shareLimits.silenceMs before it continues a process of another host', async () => {
    const { time, candidate, write } = scene()
    const gone = candidate({ process: elsewhere })
    await gone.attempt()
    write(gone.incarnation)
    const successor = candidate()
    assert.equal(await successor.attempt(), undefined)
    time.ms = shareLimits.silenceMs
    assert.equal(await successor.attempt(), undefined)
    time.ms = shareLimits.silenceMs + 1
    const acquired = await successor.attempt()
    assert.deepEqual(acquired?.predecessors, [gone.incarnation])
  })

  test('leaves a process of another host alone while its state changes', async () => {
    const { candidate, write } = scene()
    const there = candidate({ process: elsewhere })
    const its = await there.attempt()
    write(there.incarnation)
    const newcomer = candidate()
    assert.equal(await newcomer.attempt(), undefined)
    write(there.incarnation, { sequence: 2 })
    const acquired = await newcomer.attempt()
    assert.deepEqual(acquired?.predecessors, [])
    assert.notEqual(acquired?.instance, its?.instance)
  })

  test('continues an earlier thread of the process without its totals', async () => {
    const { candidate, write } = scene()
    const crashed = candidate({ process: own })
    const its = await crashed.attempt()
    write(crashed.incarnation)
    const again = await candidate({ process: own }).attempt()
    assert.equal(again?.instance, its?.instance)
    assert.deepEqual(again?.predecessors, [crashed.incarnation])
    assert.equal(again?.previous, undefined)
  })

  test('leaves its name to a process that could not wait', async () => {
    const { candidate, write } = scene()
    const gone = candidate({ process: dead })
    await gone.attempt()
    write(gone.incarnation)
    const late = await candidate().attempt('host-12345678')
    assert.equal(late?.instance, 'host-12345678')
    assert.deepEqual(late?.predecessors, [])
  })

  test('continues a given name without earlier totals once the name is shown', async () => {
    const { candidate, write } = scene()
    const named = { instance: 'shop-1' }
    const gone = candidate({ process: dead, slot: named })
    assert.equal((await gone.attempt())?.instance, 'shop-1')
    write(gone.incarnation)
    const late = await candidate({ slot: { ...named, host: 'elsewhere' } }).attempt('shop-1')
    assert.equal(late?.instance, 'shop-1')
    assert.deepEqual(late?.predecessors, [gone.incarnation])
    assert.equal(late?.previous, undefined)
  })

  test('gives no lease beyond shareLimits.leases processes, but a name', async () => {
    const { candidate } = scene()
    const all: (AcquiredLease | undefined)[] = []
    for (let count = 0; count <= shareLimits.leases; count += 1) {
      all.push(await candidate().attempt())
    }
    assert.equal(new Set(all.map((each) => each?.instance)).size, shareLimits.leases + 1)
    const { instance, ...last } = all.at(-1) ?? {}
    assert.match(instance ?? '', /^host-/)
    assert.deepEqual(last, { lease: undefined, predecessors: [], previous: undefined })
    const late = await candidate().attempt('host-12345678')
    assert.equal(late?.instance, 'host-12345678')
  })

  test('writes leases for the time to live, successors for shareLimits.successorMs', async () => {
    const { redis, candidate } = scene()
    for (const ttlMs of [undefined, 7_000]) {
      redis.values.clear()
      const gone = candidate({ process: dead, ttlMs })
      const { lease = '' } = (await gone.attempt()) ?? {}
      assert.equal(redis.ttls.get(lease), ttlMs)
      await candidate({ ttlMs }).attempt()
      assert.equal(redis.ttls.get(lease), ttlMs)
      assert.equal(redis.ttls.get(keys.successor(gone.incarnation)), shareLimits.successorMs)
    }
  })

  test('keeps the predecessors of a process that needs another lease', async () => {
    const { candidate, redis } = scene()
    const before = [randomUUID()]
    const settled = await candidate().attempt('host-12345678', before)
    assert.deepEqual(settled?.predecessors, before)
    assert.deepEqual(parseLease(redis.text(settled?.lease ?? ''))?.predecessors, before)
    redis.values.clear()
    const gone = candidate({ process: dead, slot: { instance: 'shop-1' } })
    await gone.attempt()
    const named = candidate({ slot: { instance: 'shop-1' } })
    const acquired = await named.attempt('shop-1', [...before, named.incarnation])
    assert.deepEqual(acquired?.predecessors, [gone.incarnation, ...before])
  })

  test('names the second process of a given name after the incarnation, too', async () => {
    const { candidate } = scene()
    const [one, two] = [1, 2].map(() => candidate({ slot: { instance: 'shop-1' } }))
    assert.equal((await one?.attempt())?.instance, 'shop-1')
    const second = await two?.attempt('shop-1')
    assert.equal(second?.instance, `shop-1-${two?.incarnation.slice(0, 8)}`)
  })

  test('continues the oldest readable totals of the predecessors', async () => {
    const { redis, candidate, write } = scene()
    const gone = candidate({ process: dead })
    await gone.attempt()
    redis.values.set(keys.source(gone.incarnation), Buffer.from('nonsense'))
    const acquired = await candidate().attempt()
    assert.deepEqual(acquired?.predecessors, [gone.incarnation])
    assert.equal(acquired?.previous, undefined)
    redis.values.clear()
    const [first, second] = [candidate({ process: dead }), candidate({ process: dead })]
    await first.attempt()
    write(first.incarnation)
    await second.attempt()
    const third = await candidate().attempt()
    assert.deepEqual(third?.previous?.metrics, [counted(5)])
  })

  test('reads at most shareLimits.peerStateBytes of a state', async () => {
    const { redis, candidate } = scene()
    const gone = candidate({ process: dead })
    await gone.attempt()
    await candidate().attempt()
    const reads = redis.commands.filter(([name, key]) => {
      return name === 'GETRANGE' && key === keys.source(gone.incarnation)
    })
    assert.ok(reads.length > 0)
    for (const [, , from, to] of reads)
      assert.deepEqual([from, to], [0, shareLimits.peerStateBytes])
  })

  test('lets a process continue no lease with a successor', async () => {
    const { redis, candidate, write } = scene()
    const gone = candidate({ process: dead })
    await gone.attempt()
    write(gone.incarnation)
    redis.values.set(keys.successor(gone.incarnation), Buffer.from(randomUUID()))
    const other = await candidate().attempt()
    assert.deepEqual(other?.predecessors, [])
  })

  test('uses the keys of earlier versions for the leases of a slot', async () => {
    const { candidate } = scene()
    const lease = (await candidate().attempt())?.lease
    assert.equal(lease, keys.lease('etCeYrOEcVyNPdTYObtiUW', 0))
    const named = await candidate({ slot: { instance: 'shop-1' } }).attempt()
    assert.equal(named?.lease, keys.lease('92fVIgpuE2wK4FdaxiVsRK', 0))
  })

  test('continues no other lease for a process with a name of its own', async () => {
    const { redis, candidate } = scene()
    const process = candidate()
    const lease = { incarnation: process.incarnation, predecessors: [], ...dead }
    const entry = (await candidate().attempt())?.lease ?? ''
    for (const [parts, isTaken] of [
      [{ instance: 'host-12345678' }, true],
      [{ instance: 'host-87654321' }, false],
      [{ instance: 'host-12345678', incarnation: randomUUID() }, false],
    ] as const) {
      redis.values.set(entry, Buffer.from(encodeLease({ ...lease, ...parts })))
      const settled = await process.attempt('host-12345678')
      assert.equal(settled?.lease === entry, isTaken)
    }
  })

  test('does not write its own lease again', async () => {
    const { redis, candidate } = scene()
    const process = candidate()
    const settled = await process.attempt()
    const text = redis.text(settled?.lease ?? '')
    redis.commands.length = 0
    await process.attempt()
    assert.deepEqual(
      redis.commands.filter(([name]) => name === 'SET'),
      [],
    )
    assert.equal(redis.text(settled?.lease ?? ''), text)
  })

  test('reads states of earlier predecessors only if the predecessor wrote none', async () => {
    const { redis, candidate, write } = scene()
    const [first, second] = [candidate({ process: dead }), candidate({ process: dead })]
    await first.attempt()
    write(first.incarnation)
    await second.attempt()
    write(second.incarnation, { metrics: [counted(9)] })
    redis.commands.length = 0
    const third = await candidate().attempt()
    assert.deepEqual(third?.previous?.metrics, [counted(9)])
    assert.ok(!redis.commands.some(([, key]) => key === keys.source(first.incarnation)))
  })
})

test('NameAcquisition continues nothing where a lease is invalid', async () => {
  const { redis, candidate } = scene()
  const first = await candidate().attempt()
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
    redis.values.set(first?.lease ?? '', Buffer.from(text))
    const acquired = await candidate().attempt()
    assert.deepEqual(acquired?.predecessors, [])
    assert.notEqual(acquired?.lease, first?.lease)
  }
  assert.ok(parseLease(good))
})

interface Candidate {
  readonly incarnation: string
  readonly attempt: (
    instance?: string,
    predecessors?: readonly string[],
  ) => Promise<AcquiredLease | undefined>
}

interface CandidateOptions {
  readonly process?: ProcessIdentity
  readonly slot?: Partial<ServiceSlot>
  readonly ttlMs?: number | undefined
}

/** A Redis in memory, a clock moved by hand, and processes that ask for a name. */
function scene() {
  const redis = new MemoryRedis()
  const time = { ms: 0 }
  let pid = 1_000
  /** Without options: a live process of its own. */
  const candidate = (options: CandidateOptions = {}): Candidate => {
    pid += 1
    const incarnation = randomUUID()
    const acquisition = new NameAcquisition({
      keys,
      serviceSlot: { ...slot, ...options.slot },
      ttlMs: 'ttlMs' in options ? options.ttlMs : 60_000,
      process: options.process ?? { ...own, pid },
      clock: { now: () => time.ms },
      isAlive: (each) => (each.pidNamespace === 'here' ? each.pid !== dead.pid : undefined),
    })
    return {
      incarnation,
      attempt: (instance, predecessors = []) =>
        acquisition.attempt(redis.send, { incarnation, instance, predecessors }),
    }
  }
  /** Writes the state that a process would have written. */
  const write = (incarnation: string, parts: object = {}): void => {
    const state = sourceState({ incarnation, metrics: [counted(5)], retained: [], ...parts })
    redis.values.set(keys.source(incarnation), encodePeerState(state))
  }
  return { redis, time, candidate, write }
}
