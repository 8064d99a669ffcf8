import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quantile } from '../../../../src/commands/top/source/quantile.ts'

const buckets = new Map([
  [0.1, 10],
  [0.2, 20],
  [Number.POSITIVE_INFINITY, 40],
])

test('A quantile is linear in its bucket, and at most the last bound', () => {
  assert.equal(quantile(buckets, 0.125), 0.05)
  assert.equal(quantile(buckets, 0.25), 0.1)
  assert.ok(Math.abs((quantile(buckets, 0.375) ?? 0) - 0.15) < 1e-9)
  assert.equal(quantile(buckets, 0.99), 0.2)
})

test('A quantile without observations is unknown', () => {
  assert.equal(quantile(new Map(), 0.5), null)
  assert.equal(quantile(new Map([[1, 0]]), 0.5), null)
})
