import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RequestSize } from '../../src/push/request-size.ts'

test('A receiver that refuses every second request keeps requests of half the size', () => {
  const size = new RequestSize({ pushPoints: 100, pushesUntilLarger: 10 })
  size.refusedWhole(100)
  size.endPush(true)
  for (let push = 0; push < 8; push += 1) {
    size.accepted(size.points)
    size.refusedWhole(size.points)
    size.endPush(true)
  }
  assert.equal(size.points, 50)
})

test('A receiver that refuses all large requests gets smaller requests', () => {
  const size = new RequestSize({ pushPoints: 100, pushesUntilLarger: 10 })
  for (const points of [50, 25, 12]) {
    size.refusedWhole(size.points)
    size.endPush(true)
    assert.equal(size.points, points)
  }
})
