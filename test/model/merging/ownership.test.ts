import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isPerWorker, isWorkerTotal } from '../../../src/model/merging/ownership.ts'
import type { Attributes, Descriptor, MetricKind } from '../../../src/model/metric.ts'
import { ownScope } from '../../../src/model/own-scope.ts'
import { apartRules, usualRules } from '../../support/merging.ts'

interface Row {
  readonly name: string
  readonly scope: string
  readonly kind: MetricKind
  /** Attributes as the worker reports them. */
  readonly reported: Attributes
  /** Whether the aggregator adds `worker_id`: without and with `keepsWorkerId`. */
  readonly perWorker: readonly [boolean, boolean]
  /** Whether the series on the page is a total of one worker: without and with `keepsWorkerId`. */
  readonly total: readonly [boolean, boolean]
}

const mine = { worker_id: 'mine' }
const ours = { scope: ownScope, kind: 'counter', reported: {} } as const
const theirs = { scope: 'shop', kind: 'counter', reported: {} } as const
const yes = { perWorker: [true, true], total: [true, true] } as const
const kept = { perWorker: [false, true], total: [false, true] } as const
const gauge = { kind: 'gauge', perWorker: [true, true], total: [true, true] } as const

const rows: Record<string, Row> = {
  'a worker metric of ours': { ...ours, name: 'gunicorn_worker_requests_total', ...yes },
  'a gauge of ours': { ...ours, name: 'gunicorn_worker_memory_bytes', ...yes, kind: 'gauge' },
  'a metric of ours that a View renamed': { ...ours, name: 'requests', reported: mine, ...yes },
  'a metric of ours about no worker': { ...ours, name: 'gunicorn_exporter_faults_total', ...kept },
  'a counter of the application': { ...theirs, name: 'orders', ...kept },
  'an up-down counter of the application': { ...theirs, ...kept, name: 'o', kind: 'upDownCounter' },
  'a histogram of the application': { ...theirs, ...kept, name: 'wait', kind: 'histogram' },
  'a counter of the application named like ours': {
    ...theirs,
    name: 'gunicorn_worker_requests_total',
    ...kept,
  },
  'a gauge of the application': { ...theirs, name: 'depth', ...gauge },
  'a gauge of the application with its own worker_id': {
    ...theirs,
    name: 'depth',
    reported: mine,
    ...gauge,
  },
}

describe('ownership of a series', () => {
  for (const [title, { perWorker, total, reported, ...rest }] of Object.entries(rows)) {
    const descriptor: Descriptor = { ...rest, unit: '', description: '' }
    for (const [index, keepsWorkerId] of [false, true].entries()) {
      test(`of ${title}, worker_id ${keepsWorkerId ? 'kept' : 'merged away'}`, () => {
        const rules = keepsWorkerId ? apartRules : usualRules
        const isOwn = isPerWorker(descriptor, reported, rules)
        assert.equal(isOwn, perWorker[index])
        const shown = isOwn ? { ...reported, worker_id: 'worker_1_1' } : reported
        assert.equal(isWorkerTotal(descriptor, shown, rules), total[index])
      })
    }
  }

  test('of a counter of the application with its own worker_id stays with the cluster', () => {
    const descriptor: Descriptor = { ...theirs, name: 'orders', unit: '', description: '' }
    assert.equal(isPerWorker(descriptor, mine, usualRules), false)
    assert.equal(isWorkerTotal(descriptor, mine, usualRules), false)
  })

  test('is the cluster’s for a series without worker_id, even with worker_id kept', () => {
    const descriptor: Descriptor = { ...ours, name: 'faults', unit: '', description: '' }
    assert.equal(isWorkerTotal(descriptor, {}, apartRules), false)
    assert.equal(isWorkerTotal(descriptor, {}, usualRules), false)
  })
})
