import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { livePageLimits } from '../../../src/limits/tools/live-page.ts'
import { sparklinePath } from '../../../src/live-page/data/sparkline-path.ts'

const { sparklinePoints } = livePageLimits

describe('A sparkline', () => {
  test('has its newest value at the right end', () => {
    assert.equal(sparklinePath([0, 5], sparklinePoints), 'M82.6 19.0L84.0 1.0')
  })

  test('keeps the highest of the samples in a point', () => {
    const column = new Array(2 * sparklinePoints).fill(0).with(-2, 8)
    assert.ok(sparklinePath(column, column.length).endsWith('L84.0 1.0'))
  })

  test('breaks at unknown values, and is empty without values', () => {
    const path = sparklinePath([4, null, 4], sparklinePoints)
    assert.deepEqual(path.match(/[ML]/g), ['M', 'M'])
    assert.equal(sparklinePath([null, null], 450), '')
  })
})
