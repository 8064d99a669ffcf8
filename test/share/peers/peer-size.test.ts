import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Metric } from '../../../src/model/metric.ts'
import { noSize, sizeOf, withoutSize, withSize } from '../../../src/share/peers/peer-size.ts'
import { renderText } from '../../support/exposition/render-text.ts'
import { counted, sizes, sourceState, waits } from '../../support/redis/source-state.ts'

const long = 'x'.repeat(10_000)

function sizeOfMetrics(metrics: readonly Metric[]): number {
  return sizeOf({ metrics, retained: [] }).pageChars
}

describe('The size of a state', () => {
  test('counts the series, with the retained series', () => {
    const retained = [{ metrics: [counted(1), counted(2)] }]
    assert.equal(sizeOf({ metrics: [counted(1)], retained }).series, 3)
    assert.deepEqual(sizeOf({ metrics: [], retained: [] }), noSize)
  })

  test('is no less than the text on the page', () => {
    const state = sourceState({ retained: [] })
    const { text } = renderText(state.metrics, 'openmetrics')
    assert.ok(sizeOf(state).pageChars >= text.length)
  })

  test('counts the labels of a histogram for each line', () => {
    const value = { count: 0, sum: 0, counts: [0, 0, 0] }
    const point = { attributes: { long, list: [long] }, value }
    assert.ok(sizeOfMetrics([{ descriptor: waits, points: [point] }]) > 5 * 2 * long.length)
    const [exponential] = sourceState().metrics.filter(({ descriptor }) => descriptor === sizes)
    assert.ok(exponential)
    const points = exponential.points.map(({ value: each }) => ({
      attributes: { long },
      value: each,
    }))
    assert.ok(sizeOfMetrics([{ descriptor: sizes, points }]) > 80 * long.length)
  })

  test('counts names and descriptions', () => {
    const { descriptor, points } = counted(1)
    const plain = sizeOfMetrics([counted(1)])
    const described = { ...descriptor, description: long }
    assert.equal(sizeOfMetrics([{ descriptor: described, points }]), plain + long.length - 7)
    assert.ok(sizeOfMetrics([{ descriptor: { ...descriptor, name: long }, points }]) > long.length)
  })

  test('can be added and taken away', () => {
    const one = { series: 1, pageChars: 10 }
    const other = { series: 2, pageChars: 5 }
    assert.deepEqual(withSize(one, other), { series: 3, pageChars: 15 })
    assert.deepEqual(withoutSize(one, other), { series: -1, pageChars: 5 })
  })
})
