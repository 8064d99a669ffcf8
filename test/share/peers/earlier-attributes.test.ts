import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Attributes, Metric } from '../../../src/model/metric.ts'
import {
  encodePeerState,
  type PeerState,
  parsePeerState,
} from '../../../src/share/peers/peer-state.ts'
import { counted, depth, orders, sourceState } from '../../support/redis/source-state.ts'

function series(...points: readonly (readonly [Attributes, number])[]): Metric {
  return {
    descriptor: orders,
    points: points.map(([attributes, value]) => ({ attributes, value })),
  }
}

/** Reads a state after an earlier state of the same writer. */
function read(state: PeerState, earlier?: PeerState): PeerState {
  const parsed = parsePeerState(encodePeerState(state), earlier)
  return typeof parsed === 'object' ? parsed : assert.fail(parsed)
}

describe('The attributes of an earlier state', () => {
  test('stay the same objects where they are equal, with the new values', () => {
    const retained = (value: number) => [{ until: 1, metrics: [counted(value, { a: 'x' })] }]
    const earlier = sourceState({
      metrics: [series([{ a: 'x', b: 'y' }, 1], [{}, 2])],
      retained: retained(1),
    })
    const state = sourceState({
      metrics: [series([{ a: 'x', b: 'y' }, 5], [{}, 6], [{ c: 'new' }, 7])],
      retained: retained(7),
    })
    const found = read(state, earlier)
    assert.deepEqual(found, state)
    const objects = ({ metrics, retained }: PeerState) =>
      [...metrics, ...retained.flatMap((each) => each.metrics)].map(({ points }) =>
        points.map(({ attributes }) => attributes),
      )
    const [[first, second] = [], [third] = []] = objects(found)
    assert.equal(first, objects(earlier)[0]?.[0])
    assert.equal(second, objects(earlier)[0]?.[1])
    assert.equal(third, objects(earlier)[1]?.[0])
  })

  const others: readonly (readonly [name: string, one: Attributes, other: Attributes])[] = [
    ['another value', { a: 'x' }, { a: 'y' }],
    ['another name', { a: 'x' }, { b: 'x' }],
    ['one name more', { a: 'x' }, { a: 'x', b: 'y' }],
    ['one name less', { a: 'x', b: 'y' }, { a: 'x' }],
    ['a value of another type', { a: 1 }, { a: '1' }],
    ['a list', { a: ['x'] }, { a: ['y'] }],
    ['a name of every object', {}, { constructor: 'x' }],
  ]
  for (const [name, one, other] of others) {
    test(`do not replace ${name}`, () => {
      const state = sourceState({ metrics: [series([other, 1])] })
      assert.deepEqual(read(state, sourceState({ metrics: [series([one, 1])] })), state)
    })
  }

  test('stay when a metric before has disappeared', () => {
    const gauge = { descriptor: depth, points: [{ attributes: { b: 'z' }, value: 1 }] }
    const earlier = sourceState({ metrics: [gauge, series([{ a: 'x' }, 1])] })
    const found = read(sourceState({ metrics: [series([{ a: 'x' }, 2])] }), earlier)
    assert.equal(found.metrics[0]?.points[0]?.attributes, earlier.metrics[1]?.points[0]?.attributes)
    assert.equal(found.metrics[0]?.points[0]?.value, 2)
  })

  test('do not hide that a series is there twice', () => {
    const earlier = sourceState({ metrics: [series([{ a: 'x' }, 1], [{ a: 'y' }, 1])] })
    const twice = sourceState({ metrics: [series([{ a: 'x' }, 1], [{ a: 'x' }, 1])] })
    assert.equal(parsePeerState(encodePeerState(twice), earlier), 'content')
  })
})
