import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hangVersion, parseHang } from '../../src/hang-stacks/hang-message.ts'
import { relayLimits } from '../../src/limits/relay.ts'
import { stateLimits } from '../../src/limits/state.ts'
import { parseAgentSettings, parseFromAgent } from '../../src/master/agent/message.ts'
import { add } from '../../src/model/merging/merged-value.ts'
import { encodeReport, parseReport } from '../../src/relay/report.ts'
import { decodeExponential, encodeExponential } from '../../src/share/peers/encoded-exponential.ts'
import { decodeHistogram } from '../../src/share/peers/encoded-value.ts'
import { encodePeerState, parsePeerState } from '../../src/share/peers/peer-state.ts'
import { Peers } from '../../src/share/peers/peers.ts'
import { Aggregator } from '../../src/state/aggregator.ts'
import { assertOtlp, assertPages } from '../support/fuzz/assert-showable.ts'
import { ClusterRun, roomy } from '../support/fuzz/cluster/cluster-run.ts'
import { orders } from '../support/fuzz/cluster/simulated-worker.ts'
import { oddText } from '../support/fuzz/odd-values.ts'
import { usualRules } from '../support/merging.ts'
import { exponential } from '../support/otel/exponential.ts'
import { incarnations, sealed, sourceState, waits } from '../support/redis/source-state.ts'
import { ReportingSource } from '../support/reporting-source.ts'

/* What `npm run test:fuzz` found, each as the shrunk case. */

/** Deeper than a writer of JSON can follow. */
const deep = '\u0001deep 9000'

describe('ClusterState', () => {
  test('refuses the first report of a worker that has ended', () => {
    const run = new ClusterRun({ usesSlots: false, keepWorkerId: false, maxSeries: roomy })
    run.fork(0)
    run.end(1, 0, null)
    run.state.report(1, new ReportingSource(1).set(orders, {}, 5).report())
    assert.equal(run.state.reports.get('refused'), 1)
    assert.equal(run.state.seriesCount, 0)
  })
})

describe('The status of workers', () => {
  test('has no time for a start that Date does not know', () => {
    const run = new ClusterRun({ usesSlots: false, keepWorkerId: false, maxSeries: roomy })
    run.fork(0)
    const source = new ReportingSource(1, { startSeconds: Number.MAX_SAFE_INTEGER })
    run.state.report(1, source.set(orders, {}, 5).report())
    assert.equal(run.state.workers()[0]?.stateSince, null)
  })
})

describe('Reports that announce ever more', () => {
  const limits = { workerIdOf: () => 'w', rules: usualRules, reusesIds: false, maxSeries: 10 }
  const source = { role: 'worker', forkNumber: 1, startSeconds: 1, pid: 1 } as const
  const empty = { version: 2, metrics: [], series: [], values: Buffer.alloc(0) } as const

  test('leave out series beyond the limit of a source, and count them', () => {
    const aggregator = new Aggregator(limits)
    const { seriesPerSource } = relayLimits
    const metrics = [[0, orders]] as const
    aggregator.report(1, encodeReport({ ...empty, metrics, sequence: 0, source }))
    for (const sequence of [1, 2]) {
      const series = Array.from({ length: seriesPerSource }, (_, index) => {
        return [sequence * seriesPerSource + index, 0, { index }] as const
      })
      aggregator.report(1, encodeReport({ ...empty, series, sequence }))
    }
    assert.equal(aggregator.seriesCount, 10)
    assert.equal(aggregator.dropped.get('series_limit'), 2 * seriesPerSource - 10)
    // A number within the limit can be announced again. A further number finds no room.
    const again = [[seriesPerSource, 0, { index: 0 }] as const]
    aggregator.report(1, encodeReport({ ...empty, series: again, sequence: 3 }))
    assert.equal(aggregator.dropped.get('series_limit'), 2 * seriesPerSource - 10)
  })

  test('leave out metrics beyond the limit, and count them', () => {
    const aggregator = new Aggregator(limits)
    const metrics = Array.from({ length: stateLimits.metrics + 5 }, (_, number) => {
      return [number, orders] as const
    })
    aggregator.report(1, encodeReport({ ...empty, metrics, sequence: 0, source }))
    assert.equal(aggregator.dropped.get('metrics_limit'), 5)
  })
})

describe('A report', () => {
  const source = { role: 'worker', forkNumber: 1, startSeconds: 1, pid: 1 }
  const report = { version: 2, sequence: 0, source, metrics: [], series: [], values: '' }
  const error = { name: 'Error', message: null, stack: '' }

  test('loses further properties, which can be too deep for JSON', () => {
    const parsed = parseReport(
      oddText({
        ...report,
        source: { ...source, deep },
        error: { ...error, deep },
        metrics: [[0, { ...orders, deep }]],
        deep,
      }),
    )
    assert.deepEqual(parsed, { ...report, error, metrics: [[0, orders]], values: Buffer.alloc(0) })
  })

  test('with a histogram whose buckets do not add up has no value', () => {
    for (const value of [
      [2, 1, 1, 0, 0],
      [0.5, 1, 0.5, 0, 0],
    ]) {
      assert.equal(decodeHistogram(value, 3), undefined)
    }
  })
})

describe('Two totals', () => {
  test('keep the first where their sum would be infinite', () => {
    assert.equal(add(1e308, 1e308), 1e308)
    assert.equal(add(Number.POSITIVE_INFINITY, 1), Number.POSITIVE_INFINITY)
    const [one, other] = [1e308, Number.MAX_VALUE].map((sum) => ({ count: 1, sum, counts: [1] }))
    assert.ok(one && other)
    assert.deepEqual(add(one, other), { count: 2, sum: 1e308, counts: [2] })
  })

  test('keep the first where their count would no longer be exact', () => {
    const count = Number.MAX_SAFE_INTEGER
    const most = { count, sum: 1, counts: [count] }
    assert.equal(add(most, { count: 1, sum: 1, counts: [1] }), most)
    const zeros = exponential({ zeroCount: count, sum: 0 })
    assert.equal(add(zeros, exponential({ zeroCount: 1, sum: 0 })), zeros)
  })
})

describe('A state of another cluster', () => {
  const deepMetric = [{ ...orders, deep }, []]

  test('loses further properties of a metric, which can be too deep for JSON', () => {
    const { metrics, ...state } = sourceState({ metrics: [], retained: [] })
    const parsed = parsePeerState(sealed(oddText({ ...state, metrics: [...metrics, deepMetric] })))
    assert.ok(typeof parsed === 'object')
    assert.deepEqual(parsed.metrics, [{ descriptor: orders, points: [] }])
  })

  test('is refused with a bucket that no number fits, which no scale could join', () => {
    const far = exponential({ positive: { offset: 2 ** 31, counts: [1] } })
    assert.equal(decodeExponential(encodeExponential(far)), undefined)
  })

  test('is refused where a small text becomes a page without limit', () => {
    const bounds = Array.from({ length: 20_000 }, (_, index) => index)
    const value = { count: 0, sum: 0, counts: new Array<number>(20_001).fill(0) }
    const metrics = [
      {
        descriptor: { ...waits, bounds },
        points: [{ attributes: { long: 'x'.repeat(100_000) }, value }],
      },
    ]
    const bytes = encodePeerState(sourceState({ metrics, retained: [] }))
    assert.ok(bytes.length < 50_000, `${bytes.length} bytes`)
    assert.equal(parsePeerState(bytes), 'size')
  })

  test('is refused where the pages of all clusters become too large together', () => {
    const peers = new Peers({ ttlMs: undefined, now: () => 0 })
    const bounds = Array.from({ length: 1_000 }, (_, index) => index)
    const value = { count: 0, sum: 0, counts: new Array<number>(1_001).fill(0) }
    const point = { attributes: { long: 'x'.repeat(100_000) }, value }
    const metrics = [{ descriptor: { ...waits, bounds }, points: [point] }]
    for (const [index, incarnation] of incarnations.entries()) {
      const instance = `host-${index}`
      const state = sourceState({ incarnation, instance, metrics, retained: [] })
      peers.take(incarnation, encodePeerState(state))
    }
    assert.equal(peers.shown().length, 2)
    assert.deepEqual([...peers.refused], [['limit', 2]])
  })
})

describe('Series whose labels differ only in halves of characters', () => {
  test('are one series on the page, because UTF-8 has no halves', () => {
    const points = ['\ud800', '\udc00', '\ufffd'].map((half) => ({
      attributes: { half },
      value: 1,
    }))
    const [page = ''] = assertPages([{ descriptor: orders, points }])
    assert.equal(page.split('half=').length, 2)
    assertOtlp([], [{ descriptor: orders, points }])
  })
})

describe('parseHang', () => {
  test('leaves out further properties, which can be too deep for JSON', () => {
    const hang = { version: hangVersion, pid: 1, stall: 1, seconds: 1, heldBy: '', stack: '' }
    assert.deepEqual(parseHang(oddText({ ...hang, deep })), hang)
  })
})

describe('The messages of a master and its agents', () => {
  const settings = { beatMs: 0, keepAliveMs: 0, gracefulMs: 0, requests: 0 }

  test('carry settings without further properties', () => {
    const accessLog = { file: '-', format: 'json' }
    const statsd = { host: '::1', port: 8_125, prefix: '', tags: '' }
    const all = { ...settings, connections: 0, accessLog, statsd }
    const odd = { ...all, deep, accessLog: { ...accessLog, deep }, statsd: { ...statsd, deep } }
    assert.deepEqual(parseAgentSettings(oddText(odd)), all)
  })

  test('carry no settings below zero', () => {
    assert.equal(parseAgentSettings(oddText({ ...settings, beatMs: -1 })), undefined)
  })

  test('carry no memory below zero', () => {
    assert.equal(parseFromAgent({ cmd: 'NODE_GUNICORN_BEAT', rssBytes: -1 }), undefined)
  })
})
