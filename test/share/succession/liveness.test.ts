import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shareLimits } from '../../../src/limits/share.ts'
import { encodePeerState } from '../../../src/share/peers/peer-state.ts'
import {
  isSameProcess,
  LivenessCheck,
  type ObservedLease,
} from '../../../src/share/succession/liveness.ts'
import { ownProcessIdentity } from '../../../src/support/process/process-identity.ts'
import { incarnations, sourceState } from '../../support/redis/source-state.ts'

const own = { pid: 1, startTicks: '1', pidNamespace: 'here' }
const other = { ...own, pid: 2 }
const state = (parts: object = {}): Buffer =>
  encodePeerState(sourceState({ intervalMs: 1_000, ...parts }))

const observedBytes = state()

function scene(isAlive: boolean | undefined = undefined) {
  const time = { ms: 100 }
  const check = new LivenessCheck({
    process: own,
    isAlive: () => isAlive,
    clock: { now: () => time.ms },
  })
  const of = (
    parts: Partial<ObservedLease> = {},
    process = other,
    incarnation = incarnations[0],
  ) => {
    const lease = { incarnation, instance: 'x', predecessors: [], ...process }
    return check.of({ lease, bytes: observedBytes, successor: '', ...parts })
  }
  return { time, of }
}

describe('The liveness of a process', () => {
  test('is "present" where a successor continues the process', () => {
    assert.equal(scene(false).of({ successor: incarnations[1] }), 'present')
  })

  test('is "gone" for an earlier thread of this process', () => {
    assert.equal(scene(true).of({}, own), 'gone')
  })

  test('follows the pid where the pid says something', () => {
    assert.equal(scene(true).of(), 'present')
    assert.equal(scene(false).of(), 'gone')
  })

  test('is "gone" after the final state', () => {
    assert.equal(scene().of({ bytes: state({ hasEnded: true }) }), 'gone')
  })

  test('is "present" once the state changes', () => {
    const { of } = scene()
    assert.equal(of(), 'unknown')
    assert.equal(of({ bytes: state({ sequence: 2 }) }), 'present')
  })

  test('is "gone" after shareLimits.silenceMs without a change', () => {
    for (const bytes of [state(), Buffer.alloc(0)]) {
      const { time, of } = scene()
      assert.equal(of({ bytes }), 'unknown')
      time.ms += shareLimits.silenceMs
      assert.equal(of({ bytes }), 'unknown')
      time.ms += 1
      assert.equal(of({ bytes }), 'gone')
    }
  })

  test('is "gone" after three intervals of the process, where the intervals are long', () => {
    const { time, of } = scene()
    const bytes = state({ intervalMs: 10_000 })
    of({ bytes })
    time.ms += 30_000
    assert.equal(of({ bytes }), 'unknown')
    time.ms += 1
    assert.equal(of({ bytes }), 'gone')
  })

  test('is watched for each incarnation apart', () => {
    const { time, of } = scene()
    of()
    time.ms += shareLimits.silenceMs + 1
    assert.equal(of({}, other, incarnations[1]), 'unknown')
    assert.equal(of(), 'gone')
  })

  test('of real processes follows their pids', () => {
    const process = ownProcessIdentity()
    const check = new LivenessCheck({ process: { ...process, pid: 1 } })
    const lease = { incarnation: incarnations[0], instance: 'x', predecessors: [] }
    const observed = { bytes: Buffer.alloc(0), successor: '' }
    assert.equal(check.of({ lease: { ...lease, ...process }, ...observed }), 'present')
    const dead = { ...process, pid: 2 ** 22 + 1 }
    assert.equal(check.of({ lease: { ...lease, ...dead }, ...observed }), 'gone')
  })
})

describe('Two identities', () => {
  test('name one process when pid, start and namespace agree', () => {
    assert.equal(isSameProcess(own, { ...own }), true)
    for (const parts of [{ pid: 3 }, { startTicks: '3' }, { pidNamespace: 'x' }]) {
      assert.equal(isSameProcess(own, { ...own, ...parts }), false)
    }
    const unknown = { ...own, pidNamespace: '' }
    assert.equal(isSameProcess(unknown, unknown), false)
  })
})
