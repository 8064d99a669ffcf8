import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LabelCounts } from '../../../src/collect/counts/label-counts.ts'
import type { Attributes } from '../../../src/model/metric.ts'

const fold = ({ kind }: Attributes): Attributes => ({ kind, name: 'other' })

test('LabelCounts counts by label set up to the limit', () => {
  const counts = new LabelCounts(2)
  for (const name of ['a', 'b', 'a']) counts.add({ kind: 1, name }, fold)
  assert.deepEqual(counts.points(), [
    { attributes: { kind: 1, name: 'a' }, value: 2 },
    { attributes: { kind: 1, name: 'b' }, value: 1 },
  ])
  assert.equal(counts.overflowed, 0)
})

test('LabelCounts counts known label sets beyond the limit and folds new label sets', () => {
  const counts = new LabelCounts(1)
  counts.add({ kind: 1, name: 'a' }, fold)
  counts.add({ kind: 1, name: 'b' }, fold)
  counts.add({ kind: 2, name: 'b' }, fold)
  counts.add({ kind: 1, name: 'c' }, fold)
  counts.add({ kind: 1, name: 'a' }, fold)
  assert.deepEqual(counts.points(), [
    { attributes: { kind: 1, name: 'a' }, value: 2 },
    { attributes: { kind: 1, name: 'other' }, value: 2 },
    { attributes: { kind: 2, name: 'other' }, value: 1 },
  ])
  assert.equal(counts.overflowed, 3)
})

test('LabelCounts returns points with the attributes object of the first count', () => {
  const counts = new LabelCounts(5)
  const attributes = { kind: 1 }
  counts.add(attributes, fold)
  counts.add({ kind: 1 }, fold)
  assert.equal(counts.points()[0]?.attributes, attributes)
  assert.equal(counts.points()[0]?.attributes, counts.points()[0]?.attributes)
})

test('LabelCounts returns points that later counts do not change', () => {
  const counts = new LabelCounts(5)
  counts.add({}, fold)
  const before = counts.points()
  counts.add({}, fold)
  assert.equal(before[0]?.value, 1)
})
