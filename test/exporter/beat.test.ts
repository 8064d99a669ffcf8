import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { beatOf, newBeatCounter, startBeats } from '../../src/exporter/beat.ts'
import { stateLimits } from '../../src/limits/state.ts'
import { ManualClock } from '../support/manual-clock.ts'

describe('The beat of a thread', () => {
  test('changes each stateLimits.beatMs until it is stopped', async () => {
    const clock = new ManualClock()
    const counter = newBeatCounter()
    const stop = startBeats(counter, clock)
    assert.equal(beatOf(counter), 0)
    await clock.advance(stateLimits.beatMs)
    assert.equal(beatOf(counter), 1)
    await clock.advance(3 * stateLimits.beatMs)
    assert.equal(beatOf(counter), 4)
    stop()
    await clock.advance(stateLimits.beatMs)
    assert.equal(beatOf(counter), 4)
  })

  test('is in memory that another thread can read', () => {
    assert.ok(newBeatCounter().buffer instanceof SharedArrayBuffer)
  })
})
