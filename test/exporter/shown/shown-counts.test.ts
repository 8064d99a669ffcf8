import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shownCounts } from '../../../src/exporter/shown/shown-counts.ts'

const hidden = 'hidden: no credentials' as const

describe('The place of counts on the status', () => {
  test('has no path where details are hidden', () => {
    const counts = { place: 'file', notInMemory: "ENOENT: stat '/proc/5/fd/3'" } as const
    assert.deepEqual(shownCounts(counts, 'shown'), counts)
    const without = { place: 'file', notInMemory: 'ENOENT: stat (path hidden)' }
    assert.deepEqual(shownCounts(counts, hidden), without)
  })

  test('in memory is the same for everybody', () => {
    const counts = { place: 'memory', notInMemory: null } as const
    for (const details of ['shown', hidden] as const) {
      assert.equal(shownCounts(counts, details), counts)
      assert.equal(shownCounts(null, details), null)
    }
  })
})
