import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { withLabel } from '../../src/model/labels.ts'
import type { Attributes } from '../../src/model/metric.ts'

describe('withLabel', () => {
  const rows: readonly (readonly [title: string, given: Attributes, labelled: Attributes])[] = [
    ['puts the label first', { a: 1 }, { worker_id: 'w', a: 1 }],
    ['labels a series without attributes', {}, { worker_id: 'w' }],
    [
      'keeps the application’s value under exported_<label>',
      { a: 1, worker_id: 7 },
      { worker_id: 'w', exported_worker_id: 7, a: 1 },
    ],
    [
      'keeps an exported_<label> that the application sets itself',
      { worker_id: 7, exported_worker_id: 8 },
      { worker_id: 'w', exported_worker_id: 8 },
    ],
  ]
  for (const [title, given, labelled] of rows) {
    test(title, () => {
      const before = { ...given }
      assert.equal(JSON.stringify(withLabel(given, 'worker_id', 'w')), JSON.stringify(labelled))
      assert.deepEqual(given, before)
    })
  }
})
