import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { catalog } from '../../src/model/catalog/catalog.ts'
import { descriptorOf } from '../../src/model/catalog/declaration.ts'
import { SeriesIdentity } from '../../src/state/series-identity.ts'
import { apartRules, usualRules } from '../support/merging.ts'

const source = { role: 'worker', forkNumber: 3, startSeconds: 1, pid: 4 } as const
const own = descriptorOf(catalog.requests)
const faults = descriptorOf(catalog.exporterFaults)
const counter = { ...own, name: 'orders', scope: 'shop' }
const gauge = { ...counter, kind: 'gauge' } as const
const mine = { worker_id: 'mine', a: 1 }

describe('the attributes of a series are', () => {
  const rows = [
    ['those of the report for a counter of the application', false, counter, mine, mine],
    ['those of the report for a metric about no worker', false, faults, { a: 1 }, { a: 1 }],
    ['with the primary’s id for a worker metric', false, own, mine, { worker_id: 'w3', a: 1 }],
    ['with the primary’s id without an id', false, own, { a: 1 }, { worker_id: 'w3', a: 1 }],
    [
      'with both ids for a gauge of the application',
      false,
      gauge,
      mine,
      { worker_id: 'w3', exported_worker_id: 'mine', a: 1 },
    ],
    [
      'with both ids for a counter of the application with worker_id kept',
      true,
      counter,
      mine,
      { worker_id: 'w3', exported_worker_id: 'mine', a: 1 },
    ],
  ] as const
  for (const [title, keepsAll, descriptor, reported, shown] of rows) {
    test(title, () => {
      const workerIdOf = ({ forkNumber }: { forkNumber: number }): string => `w${forkNumber}`
      const identity = new SeriesIdentity({ workerIdOf, rules: keepsAll ? apartRules : usualRules })
      assert.deepEqual(identity.attributesOf(descriptor, reported, source), shown)
      const isOwn = 'worker_id' in shown && shown.worker_id === 'w3'
      assert.equal(identity.isPerWorker(descriptor, reported), isOwn)
    })
  }

  test('the same object where no label changes', () => {
    const identity = new SeriesIdentity({ workerIdOf: () => 'w', rules: usualRules })
    const reported = { a: 1 }
    assert.equal(identity.attributesOf(counter, reported, source), reported)
    assert.equal(identity.attributesOf(faults, reported, source), reported)
  })
})
