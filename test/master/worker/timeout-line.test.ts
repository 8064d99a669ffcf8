import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { masterLimits } from '../../../src/limits/master.ts'
import { timeoutLine } from '../../../src/master/worker/heartbeat.ts'

const silent = { forkNumber: 3, pid: 4_711, lateMs: 1 }
const tellsDeaths = (): boolean => false
const plain = { text: 'WORKER TIMEOUT (pid:4711)', heldBy: undefined }

describe('The line about a worker without a heartbeat', () => {
  test('is missing before the timeout', () => {
    for (const heldBy of [undefined, () => undefined, () => 'work']) {
      assert.equal(timeoutLine({ ...silent, lateMs: 0 }, { tellsDeaths, heldBy }), undefined)
    }
  })

  test('names the worker where no stacks are taken', () => {
    assert.deepEqual(timeoutLine(silent, { tellsDeaths, heldBy: undefined }), plain)
  })

  test('names the code that holds the worker', () => {
    const heldBy = (forkNumber: number, pid: number): string => `work ${forkNumber} ${pid}`
    const text = 'WORKER TIMEOUT (pid:4711), held by work 3 4711'
    const line = timeoutLine(silent, { tellsDeaths, heldBy })
    assert.deepEqual(line, { text, heldBy: 'work 3 4711' })
  })

  test('waits masterLimits.stackMs for a stack that is missing', () => {
    const heldBy = (): undefined => undefined
    const late = (lateMs: number) => timeoutLine({ ...silent, lateMs }, { tellsDeaths, heldBy })
    assert.equal(late(masterLimits.stackMs), undefined)
    assert.deepEqual(late(masterLimits.stackMs + 1), plain)
  })
})
