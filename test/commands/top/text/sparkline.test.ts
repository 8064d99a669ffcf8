import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sparkline } from '../../../../src/commands/top/text/sparkline.ts'

test('A sparkline shows the last values, the largest value as the highest block', () => {
  assert.equal(sparkline([1, 2, 3, 4, 5, 6, 7, 8], 8), '▁▂▃▄▅▆▇█')
  assert.equal(sparkline([8, 8, 8, 4, 8], 2), '▄█')
  assert.equal(sparkline([1], 3), '  █')
})

test('A sparkline has a space for an unknown value, and the lowest block for 0', () => {
  assert.equal(sparkline([null, 0, 4], 4), '  ▁█')
  assert.equal(sparkline([0, 0], 2), '▁▁')
  assert.equal(sparkline([Number.NaN, Number.POSITIVE_INFINITY, -1, 1], 4), '   █')
  assert.equal(sparkline([1, 2], 0), '')
})
