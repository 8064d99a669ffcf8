import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encodeHang, movedText, parseHang } from '../../src/hang-stacks/hang-message.ts'
import { hangStackLimits } from '../../src/limits/hang-stacks.ts'
import type { HungProcess } from '../../src/model/hang.ts'
import { Hangs } from '../../src/state/hangs.ts'

const message = { pid: 4_711, stall: 1, seconds: 5, heldBy: 'work (/a.js:1:2)', stack: 'at work' }
const silent = {
  forkNumber: 3,
  workerId: 'worker_3_1',
  pid: 4_711,
  ageSeconds: 60,
  silentSeconds: hangStackLimits.silenceMs / 1_000,
}

/** Texts by fork number stand for the files of workers. */
function started() {
  const files = new Map<number, string>()
  const logged: HungProcess[] = []
  let now = 0
  const hangs = new Hangs({
    files: {
      read: (forkNumber) => parseHang(files.get(forkNumber)),
      remove: (forkNumber) => void files.delete(forkNumber),
    },
    onHang: (hung) => logged.push(hung),
    now: () => now,
  })
  const pass = (seconds: number): void => {
    now += 1_000 * seconds
  }
  return { hangs, files, logged, pass }
}

describe('Hangs', () => {
  test('finds the stack of a silent worker, and logs each stall once', () => {
    const { hangs, files, logged, pass } = started()
    hangs.look([silent])
    assert.equal(hangs.of(3), null)
    files.set(3, encodeHang(message))
    hangs.look([silent])
    pass(2)
    hangs.look([silent])
    const { heldBy, stack } = message
    assert.deepEqual(hangs.of(3), { seconds: 7, heldBy, stack })
    const hang = { seconds: 5, heldBy, stack }
    assert.deepEqual(logged, [{ workerId: 'worker_3_1', pid: 4_711, hang }])
    files.set(3, encodeHang({ ...message, stall: 2 }))
    hangs.look([silent])
    assert.equal(logged.length, 2)
    assert.equal(hangs.of(3)?.seconds, 5)
  })

  test('does not read the files of workers that report', () => {
    const { hangs, files } = started()
    files.set(3, encodeHang(message))
    hangs.look([{ ...silent, silentSeconds: silent.silentSeconds - 0.001 }])
    hangs.look([{ ...silent, silentSeconds: null, ageSeconds: 1 }])
    assert.equal(hangs.of(3), null)
    hangs.look([{ ...silent, silentSeconds: null, ageSeconds: 60 }])
    assert.ok(hangs.of(3))
  })

  test('forgets the stack when the worker reports, and does not log the same stall again', () => {
    const { hangs, files, logged } = started()
    files.set(3, encodeHang(message))
    hangs.look([silent])
    hangs.reported(3)
    assert.equal(hangs.of(3), null)
    hangs.look([silent])
    assert.ok(hangs.of(3))
    assert.equal(logged.length, 1)
  })

  test('gives the standstill to the record of the death, and removes the file', () => {
    const { hangs, files, pass } = started()
    files.set(3, encodeHang(message))
    hangs.look([silent])
    pass(4)
    assert.equal(hangs.end({ ...silent, silentSeconds: 9 })?.seconds, 9)
    assert.deepEqual([files.size, hangs.of(3)], [0, null])
  })

  test('reads the file of a worker that died before the next look', () => {
    const { hangs, files } = started()
    files.set(3, encodeHang(message))
    assert.equal(hangs.end({ ...silent, silentSeconds: 5.5 })?.seconds, 5.5)
    files.set(3, encodeHang(message))
    assert.equal(hangs.end({ ...silent, silentSeconds: null })?.seconds, 5)
    assert.equal(files.size, 0)
  })

  test('has no standstill for a worker that reported after the stack was taken', () => {
    const { hangs, files } = started()
    files.set(3, encodeHang(message))
    assert.equal(hangs.end({ ...silent, silentSeconds: 0.1 }), null)
    assert.equal(hangs.end(silent), null)
  })

  test('takes the stack of the own process from the watchdog, until the event loop moves', () => {
    const { hangs, logged } = started()
    for (const text of [undefined, 5, '{}']) hangs.receive(text)
    assert.equal(hangs.of(0), null)
    hangs.receive(encodeHang(message))
    assert.equal(hangs.of(0)?.heldBy, message.heldBy)
    assert.deepEqual(
      logged.map(({ workerId }) => workerId),
      [null],
    )
    hangs.receive(movedText)
    assert.equal(hangs.of(0), null)
  })

  test('looks for no file of the own process, and for none without a directory', () => {
    const { hangs, files } = started()
    files.set(0, encodeHang(message))
    hangs.look([{ ...silent, forkNumber: 0 }])
    assert.equal(hangs.of(0), null)
    const without = new Hangs()
    without.look([silent])
    assert.deepEqual([without.of(3), without.end(silent)], [null, null])
  })
})
