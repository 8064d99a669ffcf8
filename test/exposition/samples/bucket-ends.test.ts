import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BucketEnds } from '../../../src/exposition/samples/bucket-ends.ts'
import { expositionLimits } from '../../../src/limits/exposition.ts'

describe('BucketEnds', () => {
  test('caches expositionLimits.bucketBounds texts, and returns further texts uncached', () => {
    const { bucketBounds } = expositionLimits
    const ends = new BucketEnds()
    for (let bound = 1; bound <= bucketBounds + 1; bound += 1) {
      assert.equal(ends.of(bound).toString(), `le="${bound}.0"} `)
      assert.equal(ends.size, Math.min(bound, bucketBounds))
    }
    assert.equal(ends.of(bucketBounds + 1).toString(), `le="${bucketBounds + 1}.0"} `)
  })

  test('caches the text of each bound once', () => {
    const ends = new BucketEnds(2)
    for (const bound of [1, 1, 2, 1]) ends.of(bound)
    assert.equal(ends.size, 2)
    assert.equal(ends.of(0.5).toString(), 'le="0.5"} ')
    assert.equal(ends.size, 2)
  })
})
