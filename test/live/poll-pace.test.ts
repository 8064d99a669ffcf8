import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { liveLimits } from '../../src/limits/tools/live.ts'
import { PollPace } from '../../src/live/poll-pace.ts'

/** The pauses of a minute. @param firstAt when each page asks first, milliseconds. */
function pauses(firstAt: readonly number[]): { seconds: number[]; busiest: number } {
  const pace = new PollPace()
  const due = [...firstAt]
  const seconds: number[] = []
  const perSecond = new Map<number, number>()
  for (let now = 0; now < 120_000; now += 100) {
    if (now > 0 && now % liveLimits.stepMs === 0) {
      pace.step()
      seconds.push(pace.seconds)
    }
    for (const [page, at] of due.entries()) {
      if (at > now) continue
      pace.note()
      due[page] = now + 1_000 * pace.seconds
      const second = Math.floor(now / 1_000)
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1)
    }
  }
  const late = [...perSecond].filter(([second]) => second >= 60).map(([, count]) => count)
  return { seconds: seconds.slice(30), busiest: Math.max(...late) }
}

describe('The pace of pages', () => {
  test('is one second for a few pages', () => {
    assert.deepEqual(new Set(pauses([0, 300, 700]).seconds), new Set([1]))
  })

  test('keeps still for many pages that ask one after the other', () => {
    const { seconds } = pauses(Array.from({ length: 300 }, (_, page) => 20 * page))
    assert.ok(Math.min(...seconds) >= 5 && Math.max(...seconds) <= 8, `${seconds}`)
  })

  test('keeps still for many pages that ask at the same time', () => {
    const { seconds } = pauses(Array.from({ length: 300 }, () => 0))
    assert.ok(Math.min(...seconds) >= 5, `${seconds}`)
  })

  test('is one second again after the pages are closed', () => {
    const pace = new PollPace()
    for (let page = 0; page < 1_000; page += 1) pace.note()
    pace.step()
    assert.equal(pace.seconds, liveLimits.longestPollSeconds)
    for (let step = 0; step < 7; step += 1) pace.step()
    assert.equal(pace.seconds, 1)
  })
})
