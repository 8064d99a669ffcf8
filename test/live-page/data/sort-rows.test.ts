import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type SortValue, sortedRows } from '../../../src/live-page/data/sort-rows.ts'

const same = (value: SortValue): SortValue => value

test('Rows sort by number and by text, with unknown values last', () => {
  assert.deepEqual(sortedRows([3, null, 20, 1], same, 'ascending'), [1, 3, 20, null])
  assert.deepEqual(sortedRows([3, null, 20, 1], same, 'descending'), [20, 3, 1, null])
  const names = ['worker_10', 'worker_9', null, 'worker_1']
  assert.deepEqual(sortedRows(names, same, 'ascending'), [
    'worker_1',
    'worker_9',
    'worker_10',
    null,
  ])
})

test('Rows with equal values keep their order', () => {
  const rows = [
    { id: 'a', value: 1 },
    { id: 'b', value: 1 },
    { id: 'c', value: 2 },
  ]
  const sorted = sortedRows(rows, ({ value }) => value, 'descending')
  assert.deepEqual(
    sorted.map(({ id }) => id),
    ['c', 'a', 'b'],
  )
})
