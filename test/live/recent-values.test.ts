import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { RecentValues } from '../../src/live/recent-values.ts'

describe('Recent values', () => {
  test('are made once for requests of the same moment', () => {
    const values = new RecentValues<number>(250, 2)
    let made = 0
    const get = (key: string, now: number): number =>
      values.get(key, now, () => {
        made += 1
        return made
      })
    assert.deepEqual([get('a', 0), get('a', 250), get('a', 251), get('a', 300)], [1, 1, 2, 2])
  })

  test('make room for new values', () => {
    const values = new RecentValues<string>(250, 2)
    for (const key of ['a', 'b', 'c']) values.get(key, 0, () => key)
    assert.equal(
      values.get('b', 0, () => 'new'),
      'b',
    )
    assert.equal(
      values.get('a', 0, () => 'new'),
      'new',
    )
  })

  test('do not stay in memory after their age', () => {
    const values = new RecentValues<string>(250, 2)
    values.get('a', 0, () => 'old')
    values.expire(251)
    assert.equal(
      values.get('a', 250, () => 'new'),
      'new',
    )
  })
})
