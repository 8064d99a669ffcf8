import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { pauseMs } from '../../../src/live-page/data/pause.ts'

function facts(pollSeconds: number, reportAgeSeconds: number | null, state = 'running') {
  return { pollSeconds, workers: [{ state, reportAgeSeconds }] }
}

describe('The page asks', () => {
  test('as often as the exporter says, within bounds', () => {
    assert.equal(pauseMs(facts(1, 0.4)), 1_000)
    assert.equal(pauseMs(facts(0, null)), 1_000)
    assert.equal(pauseMs(facts(6, 0.4)), 6_000)
    assert.equal(pauseMs(facts(1e9, 0.4)), 60_000)
  })

  test('sooner while a report is late and the worker does not hang yet', () => {
    assert.equal(pauseMs(facts(1, 1.5)), 300)
    assert.equal(pauseMs(facts(1, 30, 'hanging')), 1_000)
  })

  test('no sooner where many pages are open', () => {
    assert.equal(pauseMs(facts(2, 1.5)), 2_000)
  })
})
