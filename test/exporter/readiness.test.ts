import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readinessOf } from '../../src/exporter/readiness.ts'
import type { WorkerCounts } from '../../src/state/workers/worker-counts.ts'

const none: WorkerCounts = {
  own: 'none',
  handsOver: false,
  isClosing: false,
  haveListened: false,
  listening: 0,
  independent: 0,
  hanging: 0,
  stopped: 0,
  live: 0,
  configured: 0,
}

const cases: Record<string, readonly [WorkerCounts, isReady: boolean, text: string]> = {
  'a process that serves alone': [
    { ...none, own: 'serving' },
    true,
    'This process serves by itself.',
  ],
  'a primary that serves beside workers that never listened': [
    { ...none, own: 'serving', live: 2, configured: 2 },
    true,
    'This process serves by itself.',
  ],
  'a primary with a server of its own beside workers that hang': [
    { ...none, own: 'serving', haveListened: true, hanging: 2, live: 2, configured: 2 },
    false,
    'No worker listens: 0 of 2 workers. Hanging: 2.',
  ],
  'a primary with a server of its own whose workers have died': [
    { ...none, own: 'serving', haveListened: true, configured: 2 },
    false,
    'No worker listens: 0 of 2 workers.',
  ],
  'a primary that serves alone after its workers have left': [
    { ...none, own: 'serving', haveListened: true },
    true,
    'This process serves by itself.',
  ],
  'a process that hangs alone': [
    { ...none, own: 'hanging' },
    false,
    'The event loop of this process stands still.',
  ],
  'two workers of a master that ends soon': [
    { ...none, isClosing: true, listening: 2, live: 2, configured: 2 },
    false,
    'The master ends soon.',
  ],
  'two of three workers': [
    { ...none, listening: 2, live: 3, configured: 3 },
    true,
    'Listening: 2 of 3 workers.',
  ],
  'one of two workers beside one that hangs': [
    { ...none, listening: 1, hanging: 1, live: 2, configured: 2 },
    true,
    'Listening: 1 of 2 workers. Hanging: 1.',
  ],
  'only workers that hang or are stopped': [
    { ...none, hanging: 1, stopped: 1, live: 2, configured: 2 },
    false,
    'No worker listens: 0 of 2 workers. Hanging: 1. Stopped: 1.',
  ],
  'a primary that hands sockets over': [
    { ...none, handsOver: true, live: 2, configured: 2 },
    true,
    'The primary hands sockets to 2 workers.',
  ],
  'a primary that hands sockets over to one worker that hangs': [
    { ...none, handsOver: true, hanging: 1, live: 1, configured: 1 },
    false,
    'No worker listens: 0 of 1 workers. Hanging: 1.',
  ],
  'a primary that hangs beside a listening worker': [
    { ...none, own: 'hanging', listening: 1, live: 1, configured: 1 },
    true,
    'Listening: 1 of 1 workers.',
  ],
}

describe('The readiness of', () => {
  for (const [title, [counts, isReady, text]] of Object.entries(cases)) {
    test(title, () => {
      assert.deepEqual(readinessOf(counts, false), { isReady, text })
    })
  }

  test('a primary that hangs depends on who accepts the connections', () => {
    const workers = { ...none, listening: 2, live: 2, configured: 2 }
    const text = 'The event loop of the primary stands still: no new connection reaches a worker.'
    assert.deepEqual(readinessOf(workers, true), { isReady: false, text })
    assert.equal(readinessOf({ ...workers, independent: 1 }, true).isReady, true)
    assert.equal(readinessOf({ ...workers, independent: 2, handsOver: true }, true).isReady, false)
  })
})
