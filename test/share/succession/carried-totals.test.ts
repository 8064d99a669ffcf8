import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shareLimits } from '../../../src/limits/share.ts'
import { stateLimits } from '../../../src/limits/state.ts'
import type { Descriptor, Metric } from '../../../src/model/metric.ts'
import { ownScope } from '../../../src/model/own-scope.ts'
import type { PeerState } from '../../../src/share/peers/peer-state.ts'
import { CarriedTotals } from '../../../src/share/succession/carried-totals.ts'
import { apartRules, usualRules } from '../../support/merging.ts'
import { exponential } from '../../support/otel/exponential.ts'
import {
  counted,
  depth,
  orders,
  sizes,
  sourceState,
  waits,
} from '../../support/redis/source-state.ts'

const now = 1_700_000_000_000
/** So many milliseconds after the start, by both clocks. */
const at = (ms: number) => ({ now: ms, unixNow: now + ms })
const plain = { moment: at(0), usesSlots: false, rules: usualRules }
const requests = { ...orders, name: 'gunicorn_worker_requests_total', scope: ownScope }

function continued(metrics: readonly Metric[], parts: Partial<PeerState> = {}, options = plain) {
  const previous = sourceState({ retained: [], ...parts, metrics })
  return new CarriedTotals({ previous, ...options })
}

describe('The totals of a predecessor', () => {
  test('are added to the current totals of the same series, of any kind', () => {
    const histogram = (count: number): Metric => ({
      descriptor: waits,
      points: [{ attributes: {}, value: { count, sum: count, counts: [count, 0, 0] } }],
    })
    const wide = (count: number): Metric => ({
      descriptor: sizes,
      points: [
        { attributes: {}, value: exponential({ positive: { offset: 0, counts: [count] } }) },
      ],
    })
    const before = [counted(5, { a: 1, b: 2 }), histogram(4), wide(3)]
    const after = [counted(2, { b: 2, a: 1 }), histogram(3), wide(2)]
    const [total, classic, exponentialTotal] = continued(before).joined(after)
    assert.equal(total?.points[0]?.value, 7)
    assert.deepEqual(classic?.points[0]?.value, { count: 7, sum: 7, counts: [7, 0, 0] })
    assert.deepEqual((exponentialTotal as Metric).points[0]?.value, wide(5).points[0]?.value)
  })

  test('stay without current totals, and count once where two metrics have the series', () => {
    const base = continued([counted(5, { kind: 'a' }), counted(6, { kind: 'b' })])
    assert.deepEqual(totals(base.joined([])), { a: 5, b: 6 })
    assert.deepEqual(totals(base.joined([counted(1, { kind: 'a' })])), { a: 6, b: 6 })
    const twice = base.joined([counted(1, { kind: 'a' }), counted(1, { kind: 'a' })])
    assert.deepEqual(
      twice.flatMap(({ points }) => points.map(({ value }) => value)),
      [6, 1, 6],
    )
  })

  test('are not added to totals with other buckets, and include no gauges', () => {
    const value = { count: 1, sum: 1, counts: [1, 0, 0] }
    const gauge: Metric = { descriptor: depth, points: [{ attributes: {}, value: 9 }] }
    const base = continued([{ descriptor: waits, points: [{ attributes: {}, value }] }, gauge])
    const other = { ...waits, bounds: [7] }
    const present = { count: 1, sum: 1, counts: [1, 0] }
    const joined = base.joined([
      { descriptor: other, points: [{ attributes: {}, value: present }] },
    ])
    assert.deepEqual(joined[0]?.points[0]?.value, present)
    assert.equal(joined.length, 2)
    assert.deepEqual(joined[1]?.descriptor, waits)
  })

  test('change nothing where no predecessor is known', () => {
    const base = new CarriedTotals({ previous: undefined, ...plain })
    const metrics = [counted(1)]
    assert.deepEqual(base.joined(metrics), metrics)
    assert.deepEqual(base.retained(at(0)), [])
  })
})

describe('The series of a predecessor’s workers', () => {
  const workers: Metric = {
    descriptor: requests,
    points: [{ attributes: { worker_id: 'worker_1_1' }, value: 8 }],
  }

  test('stay for stateLimits.retentionMs, and are not totals', () => {
    const base = continued([workers])
    assert.deepEqual(base.joined([]), [])
    assert.deepEqual(base.retained(at(0))[0]?.metrics, [workers])
    assert.equal(base.retained(at(stateLimits.retentionMs - 1)).length, 1)
    assert.equal(base.retained(at(stateLimits.retentionMs)).length, 0)
    // The system's clock steps. The time that is left stays.
    for (const step of [-3_600_000, 3_600_000]) {
      const unixNow = now + step
      const [group] = base.retained({ now: 1, unixNow })
      assert.equal(group?.until, unixNow + stateLimits.retentionMs - 1)
    }
  })

  test('stay for the given retention', () => {
    const previous = sourceState({ metrics: [workers], retained: [] })
    const settings = { usesSlots: false, rules: usualRules, retentionMs: 1_000 }
    const base = new CarriedTotals({ previous, moment: at(0), ...settings })
    assert.equal(base.retained(at(999)).length, 1)
    assert.equal(base.retained(at(1_000)).length, 0)
  })

  test('stay for at most shareLimits.retainedProcesses restarts with their time', () => {
    const retained = Array.from({ length: shareLimits.retainedProcesses }, (_, index) => ({
      until: now + 1 + index,
      metrics: [counted(index)],
    }))
    const base = continued([workers], { retained })
    const kept = base.retained(at(0))
    assert.equal(kept.length, shareLimits.retainedProcesses)
    assert.equal(kept[0]?.until, now + 2)
    assert.deepEqual(kept.at(-1)?.metrics, [workers])
  })

  test('continue as totals where replacements reuse the worker_id', () => {
    const base = continued([workers], {}, { ...plain, usesSlots: true })
    assert.equal(base.joined([workers])[0]?.points[0]?.value, 16)
    assert.deepEqual(base.retained(at(0)), [])
  })

  test('include metrics of the application only where these keep the worker_id', () => {
    const own = counted(3, { worker_id: 'worker_1_1' })
    assert.equal(continued([own]).joined([]).length, 1)
    const base = continued([own], {}, { ...plain, rules: apartRules })
    assert.deepEqual(base.joined([]), [])
    assert.equal(base.retained(at(0)).length, 1)
  })
})

function totals(metrics: readonly Metric[]): Record<string, unknown> {
  const points = metrics.flatMap(({ points }) => points)
  return Object.fromEntries(points.map(({ attributes, value }) => [attributes['kind'], value]))
}

describe('A maximum of a predecessor', () => {
  const seconds: Descriptor = { ...orders, name: 'system.cpu.time' }
  const after = (earlier: number) => {
    const [moment, usesSlots, rules] = [at(0), false, usualRules]
    const previous = { metrics: [metric(seconds, earlier)], retained: [] }
    const carried = new CarriedTotals({ previous, moment, usesSlots, rules })
    return (value: number) => carried.joined([metric(seconds, value)])[0]?.points[0]?.value
  }

  test('hides that the value of a worker is some seconds older', () => {
    const shown = after(1_000)
    assert.deepEqual([shown(999), shown(999.5), shown(1_001)], [1_000, 1_000, 1_001])
  })

  test('does not count after a new start of the host', () => {
    const shown = after(1_000)
    assert.deepEqual([shown(5), shown(950), shown(2_000)], [5, 950, 2_000])
  })

  test('is not shown without a current value', () => {
    const [moment, usesSlots, rules] = [at(0), false, usualRules]
    const previous = { metrics: [metric(seconds, 7), metric(orders, 7)], retained: [] }
    const carried = new CarriedTotals({ previous, moment, usesSlots, rules })
    assert.deepEqual(carried.joined([]), [metric(orders, 7)])
  })
})

function metric(descriptor: Descriptor, value: number): Metric {
  return { descriptor, points: [{ attributes: {}, value }] }
}
