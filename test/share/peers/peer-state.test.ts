import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { shareLimits } from '../../../src/limits/share.ts'
import type { Metric } from '../../../src/model/metric.ts'
import { encodePeerState, parsePeerState } from '../../../src/share/peers/peer-state.ts'
import { randomExponential } from '../../support/otel/exponential.ts'
import { Random } from '../../support/random.ts'
import {
  counted,
  incarnations,
  orders,
  sealed,
  sizes,
  sourceState,
} from '../../support/redis/source-state.ts'

describe('what is written', () => {
  test('is read again, small as it is', () => {
    const state = sourceState({ predecessors: incarnations.slice(1), hasEnded: true })
    const bytes = encodePeerState(state)
    assert.match(bytes.toString('latin1'), /^gunicorn-prometheus-exporter\/1 json /)
    assert.deepEqual(parsePeerState(bytes), state)
  })

  test('is compressed when it is large, and read again', () => {
    const random = new Random(1)
    const points = Array.from({ length: 500 }, (_, index) => ({
      attributes: { route: `/${index}` },
      value: randomExponential(random),
    }))
    const metrics: Metric[] = [{ descriptor: sizes, points }]
    const state = sourceState({ metrics })
    const bytes = encodePeerState(state)
    assert.match(bytes.toString('latin1', 0, 60), /^gunicorn-prometheus-exporter\/1 gzip /)
    assert.deepEqual(parsePeerState(bytes), state)
  })

  test('has a limit', () => {
    const name = 'x'.repeat(shareLimits.peerStatePlainBytes)
    const metrics = [counted(1, { name })]
    assert.throws(() => encodePeerState(sourceState({ metrics })), /too large/)
  })
})

describe('what is refused', () => {
  const good = encodePeerState(sourceState())
  const plain = JSON.parse(good.subarray(good.indexOf(10) + 1).toString())
  const histogram = { ...orders, kind: 'histogram', bounds: [1, 2] }
  const of = (parts: object): Buffer => sealed(JSON.stringify({ ...plain, ...parts }))
  const metric = (descriptor: object, ...points: unknown[]): Buffer =>
    of({ metrics: [[descriptor, points]] })

  for (const [what, value, reason] of [
    ['no bytes', 'text', 'format'],
    ['nothing', Buffer.alloc(0), 'format'],
    ['other bytes', Buffer.from('{"version":1}'), 'format'],
    [
      'another name',
      Buffer.from(good.toString('latin1').replace('gunicorn', 'unicorn'), 'latin1'),
      'format',
    ],
    ['a later version', sealed('{}', { version: 2 }), 'version'],
    ['another encoding', sealed('{}', { encoding: 'zstd' }), 'format'],
    ['a changed body', Buffer.concat([good.subarray(0, -1), Buffer.from(' ')]), 'digest'],
    ['a cut body', good.subarray(0, -5), 'digest'],
    ['a longer body', Buffer.concat([good, Buffer.from(' ')]), 'digest'],
    ['more than may be', Buffer.alloc(shareLimits.peerStateBytes + 1), 'size'],
    ['no JSON', sealed('{"version":'), 'content'],
    ['no object', sealed('[]'), 'content'],
    ['what is not compressed', sealed('{}', { encoding: 'gzip' }), 'content'],
    [
      'what unpacks without end',
      sealed(gzipSync(Buffer.alloc(shareLimits.peerStatePlainBytes + 1)), { encoding: 'gzip' }),
      'content',
    ],
    ['no incarnation', of({ incarnation: 'x' }), 'content'],
    ['no name', of({ instance: '' }), 'content'],
    ['a name without end', of({ instance: 'x'.repeat(501) }), 'content'],
    ['no predecessors', of({ predecessors: undefined }), 'content'],
    ['predecessors that are no list', of({ predecessors: incarnations[1] }), 'content'],
    ['an predecessor that is none', of({ predecessors: [incarnations[1], '*'] }), 'content'],
    ['one that is its own predecessor', of({ predecessors: [incarnations[0]] }), 'content'],
    [
      'too many predecessors',
      of({
        predecessors: Array.from({ length: shareLimits.predecessors + 1 }, () => incarnations[1]),
      }),
      'content',
    ],
    ['a negative time', of({ writtenAt: -1 }), 'content'],
    ['a sequence that is no number', of({ sequence: '1' }), 'content'],
    ['an interval of nothing', of({ intervalMs: null }), 'content'],
    ['an end that is no truth', of({ hasEnded: 1 }), 'content'],
    ['metrics that are no list', of({ metrics: {} }), 'content'],
    ['an unknown kind', metric({ ...orders, kind: 'summary' }), 'content'],
    ['a negative counter', metric(orders, [{}, -1]), 'content'],
    ['a counter of no number', metric(orders, [{}, 'NaN']), 'content'],
    ['a counter of text', metric(orders, [{}, '5']), 'content'],
    ['a counter of a list', metric(orders, [{}, [5]]), 'content'],
    ['one series twice', metric(orders, [{}, 1], [{}, 1]), 'content'],
    ['nested attributes', metric(orders, [{ a: { b: 1 } }, 1]), 'content'],
    ['too few buckets', metric(histogram, [{}, [1, 1, 1]]), 'content'],
    ['buckets that do not add up', metric(histogram, [{}, [9, 1, 1, 0, 0]]), 'content'],
    ['a histogram of a number', metric(histogram, [{}, 1]), 'content'],
    ['bounds that descend', metric({ ...histogram, bounds: [2, 1] }), 'content'],
    [
      'exponential buckets that do not add up',
      metric(sizes, [{}, [9, 1, 0, 0, 1, 1, 0, 1, 1, 0]]),
      'content',
    ],
    ['a scale that is none', metric(sizes, [{}, [1, 1, 99, 0, 1, 1, 0, 1, 1, 0]]), 'content'],
    ['retained ones that are none', of({ retained: [{ until: 'x', metrics: [] }] }), 'content'],
    [
      'too many retained ones',
      of({ retained: Array(21).fill({ until: 1, metrics: [] }) }),
      'content',
    ],
  ] as const) {
    test(what, () => assert.equal(parsePeerState(value), reason))
  }
})
