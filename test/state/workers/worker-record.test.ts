import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  announceListening,
  endSilence,
  enterState,
  isExpectedToReport,
  newRecord,
  reportListening,
  secondsBetween,
  stateOf,
  type WorkerRecord,
} from '../../../src/state/workers/worker-record.ts'

describe('A worker record', () => {
  test('starts in the second of its fork', () => {
    const born = { forkNumber: 3, isForked: true, bornAt: 5_000, slot: 2, startSeconds: 10 }
    assert.deepEqual(newRecord({ ...born, pid: 7 }), {
      ...born,
      pid: 7,
      startTicks: undefined,
      reporting: 'never',
      listening: 'no',
      needsPrimary: false,
      presence: 'connected',
      exitedAt: undefined,
      lastReportAt: undefined,
      lastSignAt: undefined,
      silence: undefined,
      states: [{ name: 'running', since: 10 }],
      end: undefined,
      endedAt: 0,
    })
  })

  test('has the state that it entered last, since the first second of the state', () => {
    const record = started()
    assert.equal(stateOf(record), 'running')
    enterState(record, 'quit', 12)
    enterState(record, 'quit', 13)
    assert.equal(stateOf(record), 'quit')
    enterState(record, 'abort', 14)
    assert.equal(stateOf(record), 'abort')
    assert.deepEqual(record.states, [
      { name: 'running', since: 10 },
      { name: 'quit', since: 12 },
      { name: 'abort', since: 14 },
    ])
  })

  test('listens by the event of the cluster until two later reports say no', () => {
    const record = started()
    reportListening(record, false)
    assert.equal(record.listening, 'no')
    announceListening(record, true)
    assert.equal(record.listening, 'announced')
    // The report can have left the worker before the worker listened.
    reportListening(record, false)
    assert.equal(record.listening, 'disputed')
    reportListening(record, false)
    assert.equal(record.listening, 'no')
  })

  test('listens by a report until the next report says no', () => {
    const record = started()
    reportListening(record, true)
    announceListening(record, true)
    assert.equal(record.listening, 'yes')
    reportListening(record, false)
    assert.equal(record.listening, 'no')
    enterState(record, 'quit', 11)
    reportListening(record, true)
    assert.equal(record.listening, 'no')
  })

  test('has one entry for each state, also after several hangs', () => {
    const record = started()
    enterState(record, 'hanging', 20)
    enterState(record, 'stopped', 25)
    endSilence(record)
    assert.equal(stateOf(record), 'running')
    enterState(record, 'hanging', 30)
    assert.deepEqual(record.states, [
      { name: 'stopped', since: 25 },
      { name: 'running', since: 10 },
      { name: 'hanging', since: 30 },
    ])
  })

  test('keeps the state of a worker that left, when a late report arrives', () => {
    const record = started()
    enterState(record, 'hanging', 20)
    enterState(record, 'quit', 22)
    record.silence = { kind: 'hanging', figures: undefined }
    endSilence(record)
    assert.equal(record.silence, undefined)
    assert.equal(stateOf(record), 'quit')
    assert.equal(isExpectedToReport(record), false)
  })

  test('expects reports while the worker runs, hangs or is stopped', () => {
    const record = started()
    assert.ok(isExpectedToReport(record))
    enterState(record, 'hanging', 20)
    assert.ok(isExpectedToReport(record))
    enterState(record, 'stopped', 21)
    assert.ok(isExpectedToReport(record))
  })

  test('never has an age below zero', () => {
    assert.equal(secondsBetween(1_000, 3_500), 2.5)
    assert.equal(secondsBetween(3_500, 1_000), 0)
  })
})

function started(): WorkerRecord {
  return newRecord({ forkNumber: 1, isForked: true, bornAt: 0, slot: 1, startSeconds: 10 })
}
