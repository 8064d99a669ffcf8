import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { RecentValues } from '../../src/live/recent-values.ts'
import { ManualClock } from '../support/manual-clock.ts'

function started(longestAgeMs?: number) {
  const clock = new ManualClock()
  const longest = longestAgeMs === undefined ? {} : { longestAgeMs }
  const values = new RecentValues<string>({ ageMs: 250, capacity: 2, now: clock.now, ...longest })
  return { clock, values }
}

describe('Recent values', () => {
  test('are made once for requests of the same moment', () => {
    const { clock, values } = started()
    let made = 0
    const get = (): string =>
      values.get('a', () => {
        made += 1
        return `${made}`
      })
    const shown = [get()]
    for (const ms of [250, 1, 49]) {
      clock.spend(ms)
      shown.push(get())
    }
    assert.deepEqual(shown, ['1', '1', '2', '2'])
  })

  test('stay longer if they took long, up to a bound', () => {
    for (const [workMs, agesMs] of [
      [50, [449, 451]],
      [500, [1_999, 2_001]],
      [1, [249, 251]],
    ] as const) {
      const [before, after] = agesMs
      const { clock, values } = started(2_000)
      const make = (text: string) => (): string => {
        clock.spend(workMs)
        return text
      }
      values.get('a', make('old'))
      clock.spend(before)
      assert.equal(values.get('a', make('new')), 'old', `${workMs} ms`)
      clock.spend(after - before)
      assert.equal(values.get('a', make('new')), 'new', `${workMs} ms`)
    }
  })

  test('make room for new values', () => {
    const { values } = started()
    for (const key of ['a', 'b', 'c']) values.get(key, () => key)
    assert.equal(
      values.get('b', () => 'new'),
      'b',
    )
    assert.equal(
      values.get('a', () => 'new'),
      'new',
    )
  })

  test('do not stay in memory after their age', () => {
    const { clock, values } = started()
    let made = 0
    const get = (): string =>
      values.get('a', () => {
        made += 1
        return 'a'
      })
    get()
    clock.spend(250)
    values.expire()
    get()
    assert.equal(made, 1)
    clock.spend(1)
    values.expire()
    get()
    assert.equal(made, 2)
  })
})
