import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shareLimits } from '../../src/limits/share.ts'
import { ReadSchedule } from '../../src/share/read-schedule.ts'

const { recentMs, longestTurnMs, scrapeJitterMs, indexBytesPerSecond } = shareLimits

describe('The page may show states', () => {
  /** Age up to which states are recent. */
  function recentFor(intervalMs: number, wholeMs = 0): number {
    const schedule = new ReadSchedule(intervalMs)
    schedule.noteWholeRead(wholeMs)
    let ms = 0
    while (schedule.isRecent(100, 100 + ms + 1)) ms += 1
    return ms
  }

  test('for shareLimits.recentMs', () => assert.equal(recentFor(1_000), recentMs))

  test('for two intervals, where these are longer', () => assert.equal(recentFor(5_000), 10_000))

  test('for a round trip that reads all, where this is longer', () => {
    assert.equal(recentFor(1_000, 4_000), 1_000 + 4_000 + scrapeJitterMs)
    assert.equal(recentFor(1_000, 99_000), 1_000 + longestTurnMs + scrapeJitterMs)
  })
})

describe('A read of all states begins before an expected request', () => {
  /** A schedule that expects a request at 60,000. */
  function expecting(wholeMs = 0): ReadSchedule {
    const schedule = new ReadSchedule(1_000)
    for (const now of [30_000, 45_000]) schedule.noteRequest(now)
    schedule.noteWholeRead(wholeMs)
    return schedule
  }
  const old = Number.NEGATIVE_INFINITY

  test('in the last round trip before, and as late after', () => {
    const leadMs = 1_000 + scrapeJitterMs
    const isExpected = (now: number): boolean => expecting().isRequestExpected(old, now)
    const times = [-leadMs - 1, -leadMs, leadMs, leadMs + 1].map((each) => 60_000 + each)
    assert.deepEqual(times.map(isExpected), [false, true, true, false])
  })

  test('earlier by the duration of such a read', () => {
    const begin = 60_000 - 1_000 - scrapeJitterMs - 2_000
    assert.equal(expecting(2_000).isRequestExpected(old, begin), true)
    assert.equal(expecting(2_000).isRequestExpected(old, begin - 1), false)
  })

  test('unless the states are still recent at the request', () => {
    assert.equal(expecting().isRequestExpected(60_000 - recentMs, 59_000), false)
    assert.equal(expecting().isRequestExpected(60_000 - recentMs - 1, 59_000), true)
    assert.equal(expecting().isRequestExpected(60_000 - recentMs, 60_001), true)
  })

  test('and not without regular requests', () => {
    assert.equal(new ReadSchedule(1_000).isRequestExpected(old, 60_000), false)
  })
})

describe('The index is read', () => {
  const schedule = new ReadSchedule(1_000)
  /** Peers whose index is as large as shareLimits.indexBytesPerSecond. */
  const perSecond = indexBytesPerSecond / 64

  test('in each round trip, with few peers', () => {
    assert.equal(schedule.lookPauseMs(0), 1_000)
    assert.equal(schedule.lookPauseMs(perSecond), 1_000)
    // A round trip can begin a little early.
    assert.equal(schedule.isLookDue(10_000, 10_500, perSecond), true)
    assert.equal(schedule.isLookDue(10_000, 10_499, perSecond), false)
  })

  test('less often with more peers', () => {
    assert.equal(schedule.lookPauseMs(4 * perSecond), 4_000)
    assert.equal(schedule.isLookDue(10_000, 13_500, 4 * perSecond), true)
    assert.equal(schedule.isLookDue(10_000, 13_499, 4 * perSecond), false)
  })
})
