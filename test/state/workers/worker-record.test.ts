import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  announceListening,
  enterState,
  newRecord,
  reportListening,
  secondsBetween,
  stateOf,
} from '../../../src/state/workers/worker-record.ts'

describe('a worker record', () => {
  test('starts in the whole second of its fork', () => {
    assert.deepEqual(newRecord(3, 2, 10_900), {
      forkNumber: 3,
      forkedAt: undefined,
      slot: 2,
      pid: undefined,
      startSeconds: 10,
      listening: 'no',
      presence: 'connected',
      lastReportAt: undefined,
      states: [{ name: 'running', since: 10 }],
      end: undefined,
      endedAt: 0,
    })
  })

  test('has the last state that it entered, since a whole second', () => {
    const record = newRecord(1, 1, 10_000)
    assert.equal(stateOf(record), 'running')
    enterState(record, 'quit', 12_900)
    enterState(record, 'quit', 13_900)
    assert.equal(stateOf(record), 'quit')
    enterState(record, 'abort', 14_900)
    assert.equal(stateOf(record), 'abort')
    assert.deepEqual(record.states, [
      { name: 'running', since: 10 },
      { name: 'quit', since: 12 },
      { name: 'abort', since: 14 },
    ])
  })

  test('listens by the event of the cluster until two later reports say no', () => {
    const record = newRecord(1, 1, 10_000)
    reportListening(record, false)
    assert.equal(record.listening, 'no')
    announceListening(record)
    assert.equal(record.listening, 'announced')
    // The report can have left the worker before the worker listened.
    reportListening(record, false)
    assert.equal(record.listening, 'disputed')
    reportListening(record, false)
    assert.equal(record.listening, 'no')
  })

  test('listens by a report until the next report says no', () => {
    const record = newRecord(1, 1, 10_000)
    reportListening(record, true)
    announceListening(record)
    assert.equal(record.listening, 'yes')
    reportListening(record, false)
    assert.equal(record.listening, 'no')
    enterState(record, 'quit', 11_000)
    reportListening(record, true)
    assert.equal(record.listening, 'no')
  })

  test('never has an age below zero', () => {
    assert.equal(secondsBetween(1_000, 3_500), 2.5)
    assert.equal(secondsBetween(3_500, 1_000), 0)
  })
})
