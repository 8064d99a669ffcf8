import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Outcome, runInParts, SharedJob } from '../../../src/endpoint/body/shared-job.ts'
import { endpointLimits } from '../../../src/limits/endpoint.ts'
import type { InParts } from '../../../src/model/page/in-parts.ts'

describe('A job in parts', () => {
  test('gives way to the event loop after endpointLimits.partMs', async () => {
    let turns = 0
    const ticker = setInterval(() => {
      turns += 1
    }, 1)
    function* job(): InParts<string> {
      for (let part = 0; part < 5; part += 1) {
        const end = performance.now() + endpointLimits.partMs
        while (performance.now() < end);
        yield
      }
      return 'done'
    }
    const outcome = await new Promise<Outcome<string>>((resolve) => runInParts(job, resolve))
    clearInterval(ticker)
    assert.deepEqual(outcome, { kind: 'done', value: 'done' })
    assert.ok(turns >= 2, `${turns} turns`)
  })

  test('ends at once when all parts are short', () => {
    const outcomes: Outcome<number>[] = []
    runInParts(
      function* job() {
        yield
        return 1
      },
      (outcome) => outcomes.push(outcome),
    )
    assert.deepEqual(outcomes, [{ kind: 'done', value: 1 }])
  })

  test('runs once for all who wait, and passes its error to all', () => {
    let runs = 0
    const error = new Error('too large')
    const job = new SharedJob<never>(() => {
      runs += 1
      throw error
    })
    const outcomes: Outcome<never>[] = []
    for (let count = 0; count < 2; count += 1) job.get((outcome) => outcomes.push(outcome))
    assert.deepEqual([runs, outcomes], [1, [1, 2].map(() => ({ kind: 'failed', error }))])
  })
})
