import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LabelCounts } from '../../../src/collect/counts/label-counts.ts'
import type { Attributes } from '../../../src/model/metric.ts'

const folds = [
  ({ kind }: Attributes): Attributes => ({ kind, name: 'other' }),
  (): Attributes => ({ name: 'rest' }),
] as const

test('LabelCounts counts by label set up to the limit', () => {
  const counts = new LabelCounts('failedRequests', 2)
  for (const name of ['a', 'b', 'a']) counts.add({ kind: 1, name }, folds)
  assert.deepEqual(counts.points(), [
    { attributes: { kind: 1, name: 'a' }, value: 2 },
    { attributes: { kind: 1, name: 'b' }, value: 1 },
  ])
  assert.equal(counts.overflowed, 0)
})

test('LabelCounts counts known label sets beyond the limit and folds new label sets twice', () => {
  const counts = new LabelCounts('failedRequests', 1)
  counts.add({ kind: 1, name: 'a' }, folds)
  counts.add({ kind: 1, name: 'b' }, folds)
  counts.add({ kind: 2, name: 'b' }, folds)
  counts.add({ kind: 1, name: 'c' }, folds)
  counts.add({ kind: 1, name: 'a' }, folds)
  assert.deepEqual(counts.points(), [
    { attributes: { kind: 1, name: 'a' }, value: 2 },
    { attributes: { kind: 1, name: 'other' }, value: 2 },
    { attributes: { name: 'rest' }, value: 1 },
  ])
  assert.equal(counts.overflowed, 3)
})

test('LabelCounts returns points with the attributes object of the first count', () => {
  const counts = new LabelCounts('failedRequests', 5)
  const attributes = { kind: 1 }
  counts.add(attributes, folds)
  counts.add({ kind: 1 }, folds)
  assert.equal(counts.points()[0]?.attributes, attributes)
  assert.equal(counts.points()[0]?.attributes, counts.points()[0]?.attributes)
})

test('LabelCounts returns points that later counts do not change', () => {
  const counts = new LabelCounts('failedRequests', 5)
  counts.add({}, folds)
  const before = counts.points()
  counts.add({}, folds)
  assert.equal(before[0]?.value, 1)
})

test('LabelCounts has a reserve for each endpoint, so that none takes the sets of others', () => {
  const counts = new LabelCounts('failedRequests', 1, 2)
  for (const name of ['a', 'b', 'c', 'd', 'e']) counts.add({ endpoint: '/greedy', name }, folds)
  for (const name of ['a', 'b', 'c']) counts.add({ endpoint: '/late', name }, folds)
  const sets = counts.points().map(({ attributes: { endpoint, name } }) => [endpoint, name])
  assert.deepEqual(
    sets.slice(0, 3),
    ['a', 'b', 'c'].map((name) => ['/greedy', name]),
  )
  assert.deepEqual(
    sets.slice(4, 6),
    ['a', 'b'].map((name) => ['/late', name]),
  )
  assert.equal(counts.overflowed, 3)
})
