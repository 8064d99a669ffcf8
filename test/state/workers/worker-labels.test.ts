import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { WorkerLabels } from '../../../src/state/workers/worker-labels.ts'
import { newRecord } from '../../../src/state/workers/worker-record.ts'

const born = { forkNumber: 1, isForked: true, bornAt: 0, slot: 1, startSeconds: 1_700_000_000 }

describe('Labels of a worker', () => {
  test('are the same objects for each page', () => {
    const labels = new WorkerLabels()
    const record = newRecord(born)
    const state = { name: 'running', since: 5 } as const
    assert.deepEqual(labels.of('a', record), { worker_id: 'a' })
    assert.equal(labels.of('a', record), labels.of('a', record))
    assert.deepEqual(labels.ofState('a', state), {
      worker_id: 'a',
      state: 'running',
      timestamp: '5',
    })
    assert.equal(labels.ofState('a', state), labels.ofState('a', state))
  })

  test('are others after a change', () => {
    const labels = new WorkerLabels()
    const record = newRecord(born)
    labels.of('a', record)
    assert.deepEqual(labels.of('b', record), { worker_id: 'b' })
    const state = { name: 'running' as const, since: 5 }
    labels.ofState('a', state)
    state.since = 6
    assert.equal(labels.ofState('a', state)['timestamp'], '6')
  })
})
