import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fuzzTargets } from '../support/fuzz/fuzz-targets.ts'

/*
 * A bounded form of `npm run test:fuzz`. The seed is fixed, so that a change of the code alone
 * decides the result.
 */
const seed = 14

describe('Under random input,', () => {
  for (const { claim, quickCases, run } of fuzzTargets) {
    test(claim, async () => {
      const { failure } = await run({ cases: quickCases, seed })
      assert.equal(failure, undefined, failure)
    })
  }
})
