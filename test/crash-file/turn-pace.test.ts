import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TurnPace } from '../../src/crash-file/turn-pace.ts'
import { crashFileLimits } from '../../src/limits/crash-file.ts'

const { singleTurns, writesAtOnce } = crashFileLimits

describe('TurnPace', () => {
  test('waits for the end of turns with several counts', () => {
    const { wrote, pace } = started()
    for (let turn = 0; turn < 10 * singleTurns; turn += 1) wrote(turn % 2 === 0 ? 1 : 2)
    assert.equal(pace.isAtOnce, false)
  })

  test('writes at once after singleTurns turns with one count', () => {
    const { wrote, pace } = started()
    for (let turn = 1; turn < singleTurns; turn += 1) wrote(1)
    assert.equal(pace.isAtOnce, false)
    wrote(1)
    assert.equal(pace.isAtOnce, true)
  })

  test('looks at one turn after writesAtOnce writes, and goes on at once', () => {
    const { wrote, pace } = started()
    for (let write = 0; write < singleTurns + writesAtOnce - 1; write += 1) wrote(1)
    assert.equal(pace.isAtOnce, true)
    wrote(1)
    assert.equal(pace.isAtOnce, false)
    wrote(1)
    assert.equal(pace.isAtOnce, true)
  })

  test('waits again after a look at a turn with several counts', () => {
    const { wrote, pace } = started()
    for (let write = 0; write < singleTurns + writesAtOnce; write += 1) wrote(1)
    wrote(7)
    assert.equal(pace.isAtOnce, false)
    for (let turn = 1; turn < singleTurns; turn += 1) wrote(1)
    assert.equal(pace.isAtOnce, false)
    wrote(1)
    assert.equal(pace.isAtOnce, true)
  })
})

function started() {
  const pace = new TurnPace()
  let ended = 0
  return {
    pace,
    /** @param counts requests that ended since the last write. */
    wrote: (counts: number): void => {
      ended += counts
      pace.wrote(ended)
    },
  }
}
