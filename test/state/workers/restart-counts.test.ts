import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { EndCause } from '../../../src/model/worker-cause.ts'
import { workerEnd } from '../../../src/model/worker-end.ts'
import { RestartCounts } from '../../../src/state/workers/restart-counts.ts'

const zeros = { exit: 0, error: 0, quit: 0, abort: 0, sigterm: 0, sigkill: 0 }

describe('RestartCounts', () => {
  test('has a zero for each expected end of a worker', () => {
    const restarts = new RestartCounts()
    assert.deepEqual(endsOf(restarts, 'worker_1'), zeros)
    assert.deepEqual(
      restarts.endsOf('worker_1').map(({ end }) => [end.reason, end.restartType, end.state]),
      [
        ['exit', 'graceful', 'quit'],
        ['error', 'crash', 'error'],
        ['quit', 'graceful', 'quit'],
        ['abort', 'forced', 'abort'],
        ['sigterm', 'forced', 'quit'],
        ['sigkill', 'forced', 'abort'],
      ],
    )
    assert.deepEqual([...restarts.ids], [])
  })

  test('counts ends by worker and reason, and chld for each end', () => {
    const restarts = new RestartCounts()
    restarts.countEnd('worker_1', workerEnd(1, null))
    restarts.countEnd('worker_1', workerEnd(1, null))
    restarts.countEnd('worker_1', workerEnd(null, 'SIGSEGV'))
    restarts.countEnd('worker_2', workerEnd(0, null))
    assert.deepEqual(endsOf(restarts, 'worker_1'), { ...zeros, error: 2, sigsegv: 1 })
    assert.deepEqual(endsOf(restarts, 'worker_2'), { ...zeros, exit: 1 })
    assert.deepEqual([...restarts.ids], ['worker_1', 'worker_2'])
    assert.equal(restarts.signalCount('chld'), 4)
    restarts.forget('worker_1')
    assert.deepEqual([...restarts.ids], ['worker_2'])
    assert.deepEqual(endsOf(restarts, 'worker_1'), zeros)
    assert.equal(restarts.signalCount('chld'), 4)
  })

  test('counts signals by name', () => {
    const restarts = new RestartCounts()
    assert.equal(restarts.signalCount('hup'), 0)
    restarts.countSignal('hup')
    restarts.countSignal('hup')
    restarts.countSignal('usr2')
    assert.deepEqual([restarts.signalCount('hup'), restarts.signalCount('usr2')], [2, 1])
  })
})

type Step = 'fork' | 'surplus fork' | 'failure' | 'stop' | 'no workers wanted' | EndCause

describe('replacements after', () => {
  const rows: readonly (readonly [steps: Step[], replacements: number, failed: number])[] = [
    [[], 0, 0],
    [['fork'], 0, 0],
    [['failure'], 0, 1],
    [['failure', 'failure'], 0, 2],
    [['failure', 'fork'], 1, 0],
    [['failure', 'fork', 'fork'], 1, 0],
    [['failure', 'failure', 'fork'], 1, 1],
    [['stop'], 0, 0],
    [['stop', 'fork'], 1, 0],
    [['stop', 'fork', 'fork'], 1, 0],
    [['stop', 'stop', 'fork', 'fork'], 2, 0],
    [['fork', 'failure'], 0, 1],
    [['stop', 'failure', 'fork'], 1, 0],
    [['stop', 'failure', 'fork', 'fork', 'fork'], 2, 0],
    [['timeout'], 0, 1],
    [['timeout', 'fork'], 1, 0],
    [['oom', 'fork'], 1, 0],
    [['ttou'], 0, 0],
    [['ttou', 'fork'], 0, 0],
    [['term'], 0, 0],
    [['term', 'fork'], 0, 0],
    [['surplus fork'], 0, 0],
    [['surplus fork', 'failure'], 1, 0],
    [['surplus fork', 'failure', 'failure'], 1, 1],
    [['surplus fork', 'stop', 'fork'], 1, 0],
    [['surplus fork', 'ttou', 'failure'], 1, 0],
    [['surplus fork', 'surplus fork', 'failure', 'failure', 'failure'], 2, 1],
    [['surplus fork', 'no workers wanted', 'failure'], 0, 1],
    [['surplus fork', 'hup'], 1, 0],
    [['surplus fork', 'hup', 'failure'], 1, 1],
    [['surplus fork', 'max_requests', 'failure'], 1, 1],
    [['hup'], 1, 0],
    [['hup', 'failure'], 1, 1],
    [['max_requests', 'surplus fork', 'failure'], 2, 0],
    [['failure', 'surplus fork', 'failure'], 1, 1],
  ]
  for (const [steps, replacements, failed] of rows) {
    test(`${steps.join(', ') || 'nothing'} are ${replacements}, with ${failed} to come`, () => {
      const restarts = new RestartCounts()
      for (const step of steps) apply(restarts, step)
      assert.deepEqual([restarts.replacements, restarts.failedUnreplaced], [replacements, failed])
    })
  }
})

function apply(restarts: RestartCounts, step: Step): void {
  if (step === 'fork' || step === 'surplus fork') restarts.countFork(step === 'surplus fork')
  else if (step === 'failure' || step === 'stop')
    restarts.expectReplacement(step === 'stop', undefined)
  else if (step === 'no workers wanted') restarts.stopReplacing()
  else restarts.expectReplacement(false, step)
}

function endsOf(restarts: RestartCounts, workerId: string): Record<string, number> {
  return Object.fromEntries(
    restarts.endsOf(workerId).map(({ end: { reason }, count }) => [reason, count]),
  )
}
