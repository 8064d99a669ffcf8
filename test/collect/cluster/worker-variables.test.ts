import assert from 'node:assert/strict'
import { channel } from 'node:diagnostics_channel'
import { describe, test } from 'node:test'
import { addToWorkers } from '../../../src/collect/cluster/worker-variables.ts'

interface Options {
  readonly envPairs: readonly string[]
}

/** Starts a child process as Node does. @returns the options of the start. */
function spawned(options: Options): unknown {
  const child = { spawn: (given: Options): unknown => given }
  channel('child_process').publish({ process: child })
  return child.spawn(options)
}

describe('addToWorkers()', () => {
  const worker = ['PATH=/bin', 'NODE_UNIQUE_ID=1', 'PLACE=old']

  test('adds the variables to cluster workers only, in place of inherited values', () => {
    const stop = addToWorkers(() => ({ PLACE: 'new' }), assert.fail)
    const other = { envPairs: ['PATH=/bin'] }
    assert.deepEqual(spawned(other), { envPairs: ['PATH=/bin'] })
    assert.deepEqual(spawned({ envPairs: worker }), {
      envPairs: ['PATH=/bin', 'NODE_UNIQUE_ID=1', 'PLACE=new'],
    })
    stop()
    assert.deepEqual(spawned({ envPairs: worker }), { envPairs: worker })
  })

  test('starts the worker without the variables after an error, which counts', () => {
    let faults = 0
    const countFault = (): void => {
      faults += 1
    }
    const stop = addToWorkers(() => assert.fail('no variables'), countFault)
    assert.deepEqual(spawned({ envPairs: worker }), { envPairs: worker })
    channel('child_process').publish(undefined)
    stop()
    assert.equal(faults, 2)
  })
})
