import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AttemptCounts } from '../../src/support/attempt-counts.ts'
import { failureChanges } from '../../src/support/failure-changes.ts'
import { isoTime } from '../../src/support/iso-time.ts'

describe('failureChanges', () => {
  test('reports the first failure and the first success after failures', () => {
    const reports: string[] = []
    const report = failureChanges({
      onFailing: (error) => reports.push(error),
      onRecovered: () => reports.push('recovered'),
    })
    for (const error of [undefined, undefined, 'one', 'two', '', undefined, undefined, 'three']) {
      report(error)
    }
    assert.deepEqual(reports, ['one', 'recovered', 'three'])
  })

  test('reports the first outcome where it is a failure', () => {
    const reports: string[] = []
    const report = failureChanges({ onFailing: (error) => reports.push(error) })
    report('one')
    report(undefined)
    report('two')
    assert.deepEqual(reports, ['one', 'two'])
  })
})

describe('AttemptCounts', () => {
  test('begin with zeros', () => {
    const { counts, successes, failures, seconds, ...others } = new AttemptCounts()
    assert.deepEqual(
      [...counts],
      [
        ['success', 0],
        ['failure', 0],
      ],
    )
    assert.deepEqual([successes, failures, seconds], [0, 0, 0])
    assert.deepEqual(others, {})
  })

  test('count results and seconds, and keep times and the last error', () => {
    const attempts = new AttemptCounts()
    const began = Date.now()
    attempts.add(1, 'failed')
    assert.deepEqual([attempts.error, attempts.succeededAt], ['failed', undefined])
    assert.ok((attempts.failedAt ?? 0) >= began && (attempts.failedAt ?? 0) <= Date.now())
    attempts.add(2, undefined)
    attempts.add(0.5, undefined)
    assert.deepEqual(Object.fromEntries(attempts.counts), { success: 2, failure: 1 })
    assert.deepEqual(
      [attempts.successes, attempts.failures, attempts.seconds, attempts.error],
      [2, 1, 3.5, undefined],
    )
    assert.ok((attempts.succeededAt ?? 0) >= began && (attempts.succeededAt ?? 0) <= Date.now())
  })
})

describe('isoTime', () => {
  test('is ISO 8601 in UTC, and null without a time', () => {
    assert.equal(isoTime(0), '1970-01-01T00:00:00.000Z')
    assert.equal(isoTime(undefined), null)
  })
})
