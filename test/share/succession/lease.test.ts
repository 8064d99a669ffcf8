import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shareLimits } from '../../../src/limits/share.ts'
import { KeptLease } from '../../../src/share/succession/kept-lease.ts'
import { encodeLease, type Lease, parseLease } from '../../../src/share/succession/lease.ts'
import { incarnations } from '../../support/redis/source-state.ts'

const [first, second] = incarnations
const lease: Lease = {
  incarnation: first,
  instance: 'host-1',
  predecessors: [second],
  pid: 7,
  startTicks: '9',
  pidNamespace: 'ns',
}

describe('A lease', () => {
  test('is read as it was written', () => {
    assert.deepEqual(parseLease(encodeLease(lease)), lease)
    assert.equal(JSON.parse(encodeLease(lease)).version, 1)
  })

  test('may name shareLimits.predecessors predecessors, and no more', () => {
    const predecessors = (count: number) => Array.from({ length: count }, () => second)
    const longest = encodeLease({ ...lease, predecessors: predecessors(shareLimits.predecessors) })
    assert.ok(parseLease(longest))
    const longer = predecessors(shareLimits.predecessors + 1)
    assert.equal(parseLease(encodeLease({ ...lease, predecessors: longer })), undefined)
  })

  const wrong: Record<string, object> = {
    'another version': { version: 2 },
    'no incarnation': { incarnation: 'x' },
    'an empty name': { instance: '' },
    'predecessors that are no list': { predecessors: 'x' },
    'a predecessor that is no incarnation': { predecessors: ['x'] },
    'a pid of a process group': { pid: -1 },
    'the pid 0': { pid: 0 },
    'a fraction as pid': { pid: 1.5 },
    'a number as start time': { startTicks: 1 },
    'no pid namespace': { pidNamespace: null },
  }
  for (const [name, parts] of Object.entries(wrong)) {
    test(`with ${name} is refused`, () => {
      assert.equal(parseLease(JSON.stringify({ version: 1, ...lease, ...parts })), undefined)
    })
  }

  test('is refused where the text is missing, too long or no JSON object', () => {
    const text = encodeLease(lease)
    for (const each of [undefined, '', '{', '[]', 'null', text.padEnd(8_193)]) {
      assert.equal(parseLease(each), undefined)
    }
    assert.deepEqual(parseLease(text.padEnd(8_192)), lease)
  })
})

describe('A kept lease', () => {
  const text = encodeLease(lease)

  test('is renewed by its time to live, or checked without one', () => {
    const [step] = new KeptLease('key', 5).steps(lease)
    assert.deepEqual(step?.command, ['PEXPIRE', 'key', 5])
    const [other] = new KeptLease('key', undefined).steps(lease)
    assert.deepEqual(other?.command, ['EXISTS', 'key'])
  })

  test('is written again after Redis has lost it', () => {
    const kept = new KeptLease('key', 5)
    kept.steps(lease)[0]?.take?.(1)
    assert.equal(kept.steps(lease)[0]?.command[0], 'PEXPIRE')
    kept.steps(lease)[0]?.take?.(0)
    const [step] = kept.steps(lease)
    assert.deepEqual(step?.command, ['SET', 'key', text, 'NX', 'PX', 5])
    step?.take?.('OK')
    assert.equal(kept.isTaken, false)
    assert.equal(kept.steps(lease)[0]?.command[0], 'PEXPIRE')
  })

  test('is taken when another process has written first', () => {
    const kept = new KeptLease('key', undefined)
    kept.steps(lease)[0]?.take?.(0)
    const [step] = kept.steps(lease)
    assert.deepEqual(step?.command, ['SET', 'key', text, 'NX'])
    step?.take?.(null)
    assert.equal(kept.isTaken, true)
  })
})
