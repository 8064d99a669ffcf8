import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { liveQuery, nameIn } from '../../src/live/live-query.ts'

describe('The query of the live data', () => {
  test('selects samples and an instance', () => {
    assert.deepEqual(liveQuery(''), { since: 0, instance: undefined })
    assert.deepEqual(liveQuery('since=12&instance=a%20b'), { since: 12, instance: 'a b' })
    assert.deepEqual(liveQuery('since=007'), { since: 7, instance: undefined })
  })

  for (const query of ['since=', 'since=-1', 'since=1.5', 'since=+1', 'since=1&since=1']) {
    test(`is refused with ${query}`, () => {
      const parsed = liveQuery(query)
      assert.match('fault' in parsed ? parsed.fault : '', /^since must be /)
    })
  }

  test('names one metric', () => {
    assert.equal(nameIn('name=a_total'), 'a_total')
    for (const query of ['', 'name=', 'name=a&name=b', `name=${'a'.repeat(513)}`]) {
      assert.equal(nameIn(query), undefined, query)
    }
  })
})
