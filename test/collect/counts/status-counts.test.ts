import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { StatusCounts } from '../../../src/collect/counts/status-counts.ts'

describe('StatusCounts', () => {
  test('has the sent codes alone, ascending', () => {
    const counts = new StatusCounts()
    for (const status of [404, 200, 1_000, 404, 503.5, 201]) counts.add(status)
    assert.deepEqual(
      [...counts],
      [
        [0, 1],
        [200, 1],
        [201, 1],
        [404, 2],
        [503, 1],
      ],
    )
  })

  test('tells the numbers that changed', () => {
    const counts = new StatusCounts()
    const touched: number[] = []
    counts.add(200)
    counts.add(404)
    counts.takeTouched((numbers) => touched.push(numbers[0] ?? -1))
    counts.add(404)
    counts.takeTouched((numbers) => touched.push(numbers[0] ?? -1))
    assert.deepEqual(touched, [1, 1, 2])
  })
})
