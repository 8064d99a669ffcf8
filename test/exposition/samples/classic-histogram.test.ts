import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { classicHistogram } from '../../../src/exposition/samples/classic-histogram.ts'
import { expositionLimits } from '../../../src/limits/exposition.ts'
import { exponential, randomExponential } from '../../support/otel/exponential.ts'
import { exponentialOf } from '../../support/otel/otel.ts'
import { Random } from '../../support/random.ts'

describe('classicHistogram', () => {
  test('has bounds from the start of the lowest bucket to the end of the highest', () => {
    const value = exponential({ scale: 0, positive: { offset: 1, counts: [3, 0, 4] } })
    const { bounds, value: classic } = classicHistogram(value)
    assert.deepEqual(bounds, [2, 4, 8, 16])
    assert.deepEqual(classic.counts, [0, 3, 0, 4, 0])
  })

  test('counts zeros at the bound 0, and negative values at negative bounds', () => {
    const value = exponential({
      scale: 0,
      zeroCount: 5,
      positive: { offset: -1, counts: [1] },
      negative: { offset: 0, counts: [2, 3] },
    })
    const { bounds, value: classic } = classicHistogram(value)
    assert.deepEqual(bounds, [-4, -2, -1, 0, 0.5, 1])
    assert.deepEqual(classic.counts, [0, 3, 2, 5, 0, 1, 0])
  })

  test('leaves out bounds that no double can hold', () => {
    const value = exponential({
      scale: -10,
      zeroCount: 1,
      positive: { offset: -2, counts: [2, 3, 4] },
      negative: { offset: -2, counts: [5, 6, 7] },
    })
    const { bounds, value: classic } = classicHistogram(value)
    assert.deepEqual(bounds, [-1, -(2 ** -1_024), 0, 2 ** -1_024, 1])
    assert.deepEqual(classic.counts, [7, 6, 6, 2, 3, 4])
  })

  test('has one bucket for a histogram without values', () => {
    assert.deepEqual(classicHistogram(exponential()), {
      bounds: [],
      value: { count: 0, sum: 0, counts: [0] },
    })
  })

  test('has ascending bounds, all counts, and expositionLimits.shownBuckets at most', () => {
    for (let seed = 0; seed < 2_000; seed += 1) {
      const histogram = randomExponential(new Random(seed))
      const { bounds, value } = classicHistogram(histogram)
      const ascends = bounds.every((bound, index) => bound > (bounds[index - 1] ?? -Infinity))
      assert.ok(ascends && bounds.every(Number.isFinite), `seed ${seed}: ${bounds}`)
      assert.equal(value.counts.length, bounds.length + 1)
      const total = value.counts.reduce((sum, count) => sum + count, 0)
      assert.equal(total, histogram.count, `seed ${seed}`)
      // Beside the buckets: the lowest bound of each sign, and zero.
      assert.ok(
        bounds.length <= expositionLimits.shownBuckets + 3,
        `seed ${seed}: ${bounds.length}`,
      )
    }
  })
})

test('classicHistogram counts the recorded values up to each bound', async () => {
  for (let seed = 0; seed < 100; seed += 1) {
    const random = new Random(seed)
    const values = Array.from({ length: 1 + random.below(500) }, () => recorded(random))
    const histogram = await exponentialOf(values)
    const { bounds, value } = classicHistogram(histogram)
    let below = 0
    for (const [index, bound] of bounds.entries()) {
      below += value.counts[index] ?? 0
      const expected = values.filter((each) => each <= bound).length
      assert.equal(below, expected, `seed ${seed}: at most ${bound}`)
    }
    assert.equal(value.counts.at(-1), 0)
  }
})

/** A value of any magnitude. Only zero is equal to a bound. */
function recorded(random: Random): number {
  if (random.chance(0.05)) return 0
  const size = Math.exp(40 * random.next() - 20)
  return random.chance(0.2) ? -size : size
}
