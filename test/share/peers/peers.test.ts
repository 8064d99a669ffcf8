import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import { shareLimits } from '../../../src/limits/share.ts'
import type { Metric } from '../../../src/model/metric.ts'
import { encodePeerState, type PeerState } from '../../../src/share/peers/peer-state.ts'
import { Peers } from '../../../src/share/peers/peers.ts'
import { counted, incarnations, orders, sourceState } from '../../support/redis/source-state.ts'

const [first, second, third] = incarnations

/** Sources with a clock that is set by hand. */
function started(ttlMs: number | undefined = 10_000) {
  let now = 0
  const sources = new Peers({ ttlMs, now: () => now })
  return {
    sources,
    pass(ms: number) {
      now += ms
    },
    take(parts: Partial<PeerState>) {
      const state = sourceState({ retained: [], ...parts })
      sources.take(state.incarnation, encodePeerState(state))
    },
    totals: () => totalsOf(sources.metrics(undefined)),
  }
}

function totalsOf(metrics: readonly Metric[]): Record<string, unknown> {
  const points = metrics
    .filter(({ descriptor }) => descriptor.name === 'orders')
    .flatMap(({ points }) => points)
  return Object.fromEntries(points.map(({ attributes, value }) => [attributes['instance'], value]))
}

describe('a cluster that was read', () => {
  test('stays for the time to live, whatever is read in between, and no longer', () => {
    const { sources, take, pass, totals } = started()
    take({ metrics: [counted(5)] })
    pass(9_000)
    sources.take(first, Buffer.alloc(0))
    sources.take(first, null)
    assert.deepEqual(totals(), { 'host-1': 5 })
    pass(1_001)
    assert.deepEqual(totals(), {})
    take({ sequence: 2, metrics: [counted(6)] })
    assert.deepEqual(totals(), { 'host-1': 6 })
  })

  test('stays for ever where there is none', () => {
    const { take, pass, totals } = started(undefined)
    const eternal = new Peers({ ttlMs: undefined, now: () => 1e12 })
    eternal.take(first, encodePeerState(sourceState({ metrics: [counted(5)], retained: [] })))
    assert.deepEqual(totalsOf(eternal.metrics(undefined)), { 'host-1': 5 })
    take({ metrics: [counted(5)] })
    pass(1e12)
    assert.deepEqual(totals(), {})
  })

  test('was silent before it was first seen, by its own clock', () => {
    const { take, pass, totals } = started(60_000)
    take({ writtenAt: Date.now() - 50_000, metrics: [counted(5)] })
    pass(9_000)
    assert.deepEqual(totals(), { 'host-1': 5 })
    pass(1_500)
    assert.deepEqual(totals(), {})
  })

  test('is shown when it lives, however far behind its clock is', () => {
    for (const ttlMs of [60_000, shareLimits.silenceMs, 1_000]) {
      const { take, pass, totals, sources } = started(ttlMs)
      for (let count = 1; count < 20; count += 1) {
        take({ sequence: count, writtenAt: Date.now() - 3_500_000, metrics: [counted(count)] })
        assert.deepEqual(totals(), { 'host-1': count })
        pass(900)
        assert.deepEqual(totals(), { 'host-1': count })
      }
      assert.equal(sources.counts(undefined).get('live'), 1)
    }
  })

  test('is not shown again and again when it is dead, its clock was behind, and it is still read', () => {
    const { sources, take, pass, totals } = started(60_000)
    const dead = { sequence: 7, writtenAt: Date.now() - 3_500_000, metrics: [counted(5)] }
    take(dead)
    assert.deepEqual(totals(), { 'host-1': 5 })
    pass(shareLimits.silenceMs + 1)
    for (let count = 0; count < 3; count += 1) {
      assert.deepEqual(totals(), {})
      take(dead)
      sources.retain(new Set([first]))
    }
    take({ sequence: 8, metrics: [counted(6)] })
    assert.deepEqual(totals(), { 'host-1': 6 })
  })

  test('never goes back to what it was, as a failover would have it', () => {
    const { take, totals } = started()
    take({ sequence: 7, metrics: [counted(70)] })
    take({ sequence: 6, metrics: [counted(60)] })
    assert.deepEqual(totals(), { 'host-1': 70 })
  })

  test('is away when it is silent, and when it has ended', () => {
    const { sources, take, pass } = started()
    const state = (): string | undefined =>
      [...sources.counts(undefined)].find(([, count]) => count > 0)?.[0]
    take({ intervalMs: 2_000 })
    pass(5_000)
    assert.equal(state(), 'live')
    pass(1_001)
    assert.equal(state(), 'stale')
    take({ sequence: 2 })
    assert.equal(state(), 'live')
    take({ sequence: 3, hasEnded: true })
    assert.equal(state(), 'stale')
  })

  test('gives way to the one that continues it, in the same moment', () => {
    const { sources, take, totals } = started()
    take({ metrics: [counted(5)] })
    take({
      incarnation: second,
      predecessors: [first],
      startedAt: 1_800_000_000_000,
      metrics: [counted(6)],
    })
    assert.deepEqual(totals(), { 'host-1': 6 })
    assert.equal(sources.counts(undefined).get('replaced'), 1)
    assert.deepEqual(totalsOf(sources.metrics({ instance: 'host-1', predecessors: [second] })), {})
  })

  test('gives way also to one whose predecessor nobody has seen', () => {
    const { sources, take, pass, totals } = started()
    take({ metrics: [counted(5)] })
    pass(200)
    const later = {
      incarnation: third,
      predecessors: [second, first],
      startedAt: 1_800_000_000_000,
    }
    take({ ...later, metrics: [counted(6)] })
    assert.deepEqual(totals(), { 'host-1': 6 })
    assert.equal(sources.counts(undefined).get('replaced'), 1)
    assert.equal(sources.isNameTaken(sourceState(later)), false)
  })

  test('holds no name against one that lives, when it is silent itself', () => {
    for (const [ms, hasEnded] of [
      [shareLimits.silenceMs + 1, false],
      [1, true],
    ] as const) {
      const { sources, take, pass, totals } = started(60_000)
      take({ metrics: [counted(5)], hasEnded })
      pass(ms)
      take({ incarnation: second, startedAt: 1_800_000_000_000, metrics: [counted(6)] })
      assert.deepEqual(totals(), { 'host-1': 6 })
      assert.equal(sources.counts(undefined).get('name_conflict'), 1)
      // Nor when that one has died as well.
      pass(shareLimits.silenceMs + 1)
      assert.deepEqual(totals(), { 'host-1': 6 })
    }
  })

  test('keeps its name to itself: of two that live the older one is shown', () => {
    const { sources, take, totals } = started()
    take({ incarnation: second, startedAt: 2, metrics: [counted(2)] })
    take({ incarnation: first, startedAt: 1, metrics: [counted(1)] })
    assert.deepEqual(totals(), { 'host-1': 1 })
    assert.equal(sources.counts(undefined).get('name_conflict'), 1)
    assert.equal(sources.isNameTaken(sourceState({ incarnation: second, startedAt: 2 })), true)
    assert.equal(sources.isNameTaken(sourceState({ incarnation: first, startedAt: 1 })), false)
  })

  test('is not shown where the reader has that name itself', () => {
    const { sources, take } = started()
    take({ metrics: [counted(1)] })
    assert.deepEqual(sources.metrics({ instance: 'host-1', predecessors: [] }), [])
  })

  test('must be under its own key', () => {
    const { sources, totals } = started()
    sources.take(second, encodePeerState(sourceState()))
    assert.deepEqual(totals(), {})
    assert.deepEqual([...sources.refused], [['content', 1]])
  })
})

test('an application’s own instance label gives way', () => {
  const { sources, take } = started()
  take({ metrics: [counted(1, { instance: 'i-123' })] })
  const [metric] = sources.metrics(undefined)
  assert.deepEqual(metric?.points[0]?.attributes, {
    instance: 'host-1',
    exported_instance: 'i-123',
  })
})

test('what is refused counts once, for as long as it stays there', () => {
  const { sources } = started()
  const bad = Buffer.from('bad')
  for (let count = 0; count < 3; count += 1) sources.take(first, bad)
  sources.take(second, bad)
  sources.retain(new Set([first]))
  sources.take(second, bad)
  sources.take(first, bad)
  assert.deepEqual([...sources.refused], [['format', 3]])
})

test('series beyond the limit are left out with their cluster, which is counted', () => {
  const { sources, take, totals } = started()
  const many = (): Metric[] => series(shareLimits.sharedSeries / 2)
  take({ incarnation: first, metrics: many() })
  take({ incarnation: second, instance: 'host-2', metrics: [counted(2)] })
  take({ incarnation: third, instance: 'host-3', metrics: many() })
  assert.deepEqual(Object.keys(totals()), ['host-1', 'host-2'])
  assert.deepEqual([...sources.refused], [['limit', 1]])
})

describe('a fleet that is started again', () => {
  const fleet = (count: number): string[] => Array.from({ length: count }, () => randomUUID())
  const restart = (
    { take }: Pick<ReturnType<typeof started>, 'take'>,
    olds: readonly string[],
    metrics: readonly Metric[],
  ): string[] => {
    const successors = fleet(olds.length)
    for (const [index, incarnation] of olds.entries()) {
      take({ incarnation: incarnation, instance: `host-${index}`, metrics })
    }
    for (const [index, old] of olds.entries()) {
      const predecessors = [old, old]
      take({
        incarnation: successors[index] ?? '',
        predecessors: predecessors,
        instance: `host-${index}`,
        metrics,
      })
    }
    return successors
  }

  test('has room for all its series, where they take more than half of it', () => {
    const all = started()
    const { sources, take, pass } = all
    const olds = fleet(3)
    const large = series(shareLimits.sharedSeries / 3)
    restart(all, olds, large)
    assert.equal(sources.shown().length, 3)
    assert.deepEqual([...sources.refused], [])
    assert.equal(sources.counts(undefined).get('replaced'), 3)
    // What a failover brought back is not taken again, however new it is.
    take({ incarnation: olds[0] ?? '', sequence: 9, instance: 'host-0', metrics: large })
    assert.equal(sources.shown().length, 3)
    assert.deepEqual([...sources.refused], [])
    // Nor is it counted for longer than any.
    pass(10_001)
    assert.equal(sources.counts(undefined).get('replaced'), 0)
    take({ incarnation: third, instance: 'host-9', metrics: large })
    assert.equal(sources.shown().length, 1)
  })

  test('has room for all its clusters, where they are as many as may be', () => {
    const all = started()
    const successors = restart(all, fleet(shareLimits.peers), [counted(1)])
    assert.equal(all.sources.shown().length, shareLimits.peers)
    assert.deepEqual([...all.sources.refused], [])
    assert.equal(all.sources.counts(undefined).get('replaced'), shareLimits.peers)
    // They are remembered up to the same bound.
    all.take({ incarnation: first, predecessors: successors.slice(0, 1), instance: 'host-0' })
    assert.equal(all.sources.counts(undefined).get('replaced'), shareLimits.peers)
    assert.equal(all.sources.shown().length, shareLimits.peers)
    assert.deepEqual([...all.sources.refused], [])
  })

  test('takes no room again with what comes late of one that is continued', () => {
    const { sources, take } = started()
    const large = series(shareLimits.sharedSeries / 2)
    take({ incarnation: second, predecessors: [first], metrics: large })
    take({ incarnation: first, metrics: large })
    take({ incarnation: third, instance: 'host-3', metrics: large })
    assert.equal(sources.shown().length, 2)
    assert.deepEqual([...sources.refused], [])
  })

  test('leaves the reader the room of those whom it continues itself', () => {
    const { sources, take } = started()
    const large = series(shareLimits.sharedSeries)
    take({ incarnation: first, metrics: large })
    assert.deepEqual(sources.metrics({ instance: 'host-1', predecessors: [first] }), [])
    take({ incarnation: second, instance: 'host-2', metrics: large })
    assert.deepEqual([...sources.refused], [])
  })
})

function series(length: number): Metric[] {
  const points = Array.from({ length }, (_, index) => ({ attributes: { index }, value: 1 }))
  return [{ descriptor: orders, points }]
}
