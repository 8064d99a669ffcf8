import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Attributes, Metric } from '../../../src/model/metric.ts'
import { withKeptAttributes } from '../../../src/share/peers/kept-attributes.ts'
import { counted, depth, orders, sourceState } from '../../support/redis/source-state.ts'

function series(...points: readonly (readonly [Attributes, number])[]): Metric {
  return {
    descriptor: orders,
    points: points.map(([attributes, value]) => ({ attributes, value })),
  }
}

describe('The attributes of an earlier state', () => {
  test('stay where they are equal, with the new values', () => {
    const retained = (value: number) => [{ until: 1, metrics: [counted(value, { a: 'x' })] }]
    const earlier = sourceState({
      metrics: [series([{ a: 'x', b: 'y' }, 1], [{}, 2])],
      retained: retained(1),
    })
    const state = sourceState({
      metrics: [series([{ a: 'x', b: 'y' }, 5], [{}, 6])],
      retained: retained(7),
    })
    const kept = withKeptAttributes(state, earlier)
    assert.deepEqual(kept, state)
    for (const [index, point] of (kept.metrics[0]?.points ?? []).entries()) {
      assert.equal(point.attributes, earlier.metrics[0]?.points[index]?.attributes)
    }
    assert.equal(
      kept.retained[0]?.metrics[0]?.points[0]?.attributes,
      earlier.retained[0]?.metrics[0]?.points[0]?.attributes,
    )
  })

  const others: readonly (readonly [name: string, one: Attributes, other: Attributes])[] = [
    ['another value', { a: 'x' }, { a: 'y' }],
    ['another name', { a: 'x' }, { b: 'x' }],
    ['one name more', { a: 'x' }, { a: 'x', b: 'y' }],
    ['one name less', { a: 'x', b: 'y' }, { a: 'x' }],
    ['a value of another type', { a: 1 }, { a: '1' }],
    ['a name of every object', {}, { constructor: 'x' }],
  ]
  for (const [name, one, other] of others) {
    test(`go with ${name}`, () => {
      const state = sourceState({ metrics: [series([other, 1])] })
      const kept = withKeptAttributes(state, sourceState({ metrics: [series([one, 1])] }))
      assert.deepEqual(kept, state)
    })
  }

  test('stay when a metric before has disappeared', () => {
    const gauge = { descriptor: depth, points: [{ attributes: { b: 'z' }, value: 1 }] }
    const earlier = sourceState({ metrics: [gauge, series([{ a: 'x' }, 1])] })
    const kept = withKeptAttributes(sourceState({ metrics: [series([{ a: 'x' }, 2])] }), earlier)
    assert.equal(kept.metrics[0]?.points[0]?.attributes, earlier.metrics[1]?.points[0]?.attributes)
    assert.equal(kept.metrics[0]?.points[0]?.value, 2)
  })

  test('do not exist for a first state', () => {
    const state = sourceState()
    assert.equal(withKeptAttributes(state, undefined), state)
  })
})
