import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  enterState,
  newRecord,
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
      listening: false,
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

  test('never has an age below zero', () => {
    assert.equal(secondsBetween(1_000, 3_500), 2.5)
    assert.equal(secondsBetween(3_500, 1_000), 0)
  })
})
