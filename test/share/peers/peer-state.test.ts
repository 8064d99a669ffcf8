import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { shareLimits } from '../../../src/limits/share.ts'
import { stateLimits } from '../../../src/limits/state.ts'
import type { Metric } from '../../../src/model/metric.ts'
import {
  encodePeerState,
  isIncarnation,
  isLineage,
  isName,
  parsePeerState,
} from '../../../src/share/peers/peer-state.ts'
import { randomExponential } from '../../support/otel/exponential.ts'
import { Random } from '../../support/random.ts'
import {
  counted,
  incarnations,
  sealed,
  sizes,
  sourceState,
} from '../../support/redis/source-state.ts'

function headOf(bytes: Buffer): string {
  return bytes.toString('latin1', 0, bytes.indexOf(10))
}

function bodyOf(bytes: Buffer): Buffer {
  return bytes.subarray(bytes.indexOf(10) + 1)
}

describe('An encoded state', () => {
  test('is JSON where small, and is read as written', () => {
    const state = sourceState({ predecessors: incarnations.slice(1), hasEnded: true })
    const bytes = encodePeerState(state)
    assert.match(headOf(bytes), /^gunicorn-prometheus-exporter\/1 json [\w-]{43}$/)
    assert.deepEqual(parsePeerState(bytes), state)
  })

  test('is compressed at the fastest level where large, and is read as written', () => {
    const random = new Random(1)
    const points = Array.from({ length: 500 }, (_, index) => ({
      attributes: { route: `/${index}` },
      value: randomExponential(random),
    }))
    const metrics: Metric[] = [{ descriptor: sizes, points }]
    const state = sourceState({ metrics })
    const bytes = encodePeerState(state)
    assert.match(headOf(bytes), /^gunicorn-prometheus-exporter\/1 gzip [\w-]{43}$/)
    assert.deepEqual(parsePeerState(bytes), state)
    assert.ok(bytes.length < JSON.stringify(metrics).length / 2)
    // RFC 1952: the ninth byte is 4 for the fastest algorithm.
    assert.equal(bodyOf(bytes)[8], 4)
  })

  test('is compressed above shareLimits.compressionBytes', () => {
    const padded = (chars: number) =>
      encodePeerState(sourceState({ metrics: [counted(1, { text: 'x'.repeat(chars) })] }))
    const chars = shareLimits.compressionBytes - bodyOf(padded(0)).length
    assert.match(headOf(padded(chars)), / json /)
    assert.match(headOf(padded(chars + 1)), / gzip /)
  })

  test('has at most shareLimits.peerStateBytes', () => {
    assert.equal(shareLimits.peerStateBytes, 16_777_216)
    const state = sourceState()
    const { length } = encodePeerState(state)
    assert.equal(encodePeerState(state, { bytes: length }).length, length)
    assert.throws(() => encodePeerState(state, { bytes: length - 1 }), /too large for Redis/)
  })

  test('has at most shareLimits.peerStatePlainBytes before the compression', () => {
    assert.equal(shareLimits.peerStatePlainBytes, 67_108_864)
    const state = sourceState()
    const plainBytes = bodyOf(encodePeerState(state)).length
    encodePeerState(state, { plainBytes })
    assert.throws(
      () => encodePeerState(state, { plainBytes: plainBytes - 1 }),
      new RegExp(`too large for Redis \\(${plainBytes} bytes\\)`),
    )
  })
})

const good = encodePeerState(sourceState())
const plain = JSON.parse(bodyOf(good).toString())
const of = (parts: object): Buffer => sealed(JSON.stringify({ ...plain, ...parts }))
const emptyMetric = [counted(1).descriptor, []]

/** A compressed state with spaces behind the JSON, up to a size. */
function spacious(bytes: number): Buffer {
  return sealed(gzipSync(JSON.stringify(plain).padEnd(bytes), { level: 1 }), { encoding: 'gzip' })
}

describe('A state is accepted', () => {
  const values: Record<string, () => Buffer> = {
    'with shareLimits.predecessors predecessors': () =>
      of({ predecessors: Array(shareLimits.predecessors).fill(incarnations[1]) }),
    'with shareLimits.retainedProcesses groups of retained series': () =>
      of({ retained: Array(shareLimits.retainedProcesses).fill({ until: 0, metrics: [] }) }),
    'with stateLimits.metrics metrics': () =>
      of({ metrics: Array(stateLimits.metrics).fill(emptyMetric) }),
    'with numbers of zero': () => of({ sequence: 0, startedAt: 0, writtenAt: 0, intervalMs: 0 }),
    'with names of 500 characters': () =>
      of({ instance: 'x'.repeat(500), service: 'y'.repeat(500) }),
    'with shareLimits.peerStatePlainBytes after decompression': () =>
      spacious(shareLimits.peerStatePlainBytes),
  }
  for (const [name, make] of Object.entries(values)) {
    test(name, () => assert.equal(typeof parsePeerState(make()), 'object'))
  }
})

describe('A state is rejected', () => {
  const heads: Record<string, readonly [unknown, string]> = {
    'as a text': ['text', 'format'],
    'as empty bytes': [Buffer.alloc(0), 'format'],
    'as plain JSON': [Buffer.from('{"version":1}'), 'format'],
    'as bytes without a line end': [Buffer.from(headOf(good)), 'format'],
    'with the name of another program': [
      Buffer.from(good.toString('latin1').replace('gunicorn', 'unicorn'), 'latin1'),
      'format',
    ],
    'of a later version': [sealed('{}', { version: 2 }), 'version'],
    'in another encoding': [sealed('{}', { encoding: 'zstd' }), 'format'],
    'with a changed body': [Buffer.concat([good.subarray(0, -1), Buffer.from(' ')]), 'digest'],
    'with a shorter body': [good.subarray(0, -5), 'digest'],
    'with a longer body': [Buffer.concat([good, Buffer.from(' ')]), 'digest'],
    'above shareLimits.peerStateBytes': [Buffer.alloc(shareLimits.peerStateBytes + 1), 'size'],
    'for its format at shareLimits.peerStateBytes': [
      Buffer.alloc(shareLimits.peerStateBytes),
      'format',
    ],
    'as JSON that is cut off': [sealed('{"version":'), 'content'],
    'as a JSON list': [sealed('[]'), 'content'],
    'as plain JSON that claims to be compressed': [sealed('{}', { encoding: 'gzip' }), 'content'],
    'above shareLimits.peerStatePlainBytes after decompression': [
      spacious(shareLimits.peerStatePlainBytes + 1),
      'content',
    ],
  }
  for (const [name, [value, reason]] of Object.entries(heads)) {
    test(`${name}: ${reason}`, () => assert.equal(parsePeerState(value), reason))
  }

  const contents: Record<string, object> = {
    'with an incarnation that is no UUID': { incarnation: 'x' },
    'with an empty name': { instance: '' },
    'with a name of more than 500 characters': { instance: 'x'.repeat(501) },
    'with an empty service name': { service: '' },
    'without predecessors': { predecessors: undefined },
    'with a text in place of predecessors': { predecessors: incarnations[1] },
    'with a predecessor that is no UUID': { predecessors: [incarnations[1], '*'] },
    'with itself as predecessor': { predecessors: [incarnations[0]] },
    'with more than shareLimits.predecessors predecessors': {
      predecessors: Array(shareLimits.predecessors + 1).fill(incarnations[1]),
    },
    'with a negative sequence': { sequence: -1 },
    'with a text as sequence': { sequence: '1' },
    'with a negative start time': { startedAt: -1 },
    'with a fraction as start time': { startedAt: 0.5 },
    'with a negative write time': { writtenAt: -1 },
    'with a write time above 2 ** 53': { writtenAt: 2 ** 53 },
    'with an interval of null': { intervalMs: null },
    'with a negative interval': { intervalMs: -1 },
    'with a number as `hasEnded`': { hasEnded: 1 },
    'with an object in place of metrics': { metrics: {} },
    'with a metric that is none': { metrics: [emptyMetric, {}] },
    'with more than stateLimits.metrics metrics': {
      metrics: Array(stateLimits.metrics + 1).fill(emptyMetric),
    },
    'with an object in place of retained series': { retained: {} },
    'with retained series of null': { retained: [null] },
    'with retained series until a text': { retained: [{ until: 'x', metrics: [] }] },
    'with retained series until a negative time': { retained: [{ until: -1, metrics: [] }] },
    'with retained series without metrics': { retained: [{ until: 1 }] },
    'with one fault in two groups of retained series': {
      retained: [{ until: 1, metrics: [] }, { until: 1 }],
    },
    'with more than shareLimits.retainedProcesses groups of retained series': {
      retained: Array(shareLimits.retainedProcesses + 1).fill({ until: 1, metrics: [] }),
    },
  }
  for (const [name, parts] of Object.entries(contents)) {
    test(`${name}: content`, () => assert.equal(parsePeerState(of(parts)), 'content'))
  }
})

describe('A part of a state', () => {
  const [uuid] = incarnations
  const cases = [
    ['an incarnation', isIncarnation, uuid, true],
    ['an incarnation', isIncarnation, uuid.toUpperCase().replace('1', 'A'), false],
    ['an incarnation', isIncarnation, `${uuid}0`, false],
    ['an incarnation', isIncarnation, [uuid], false],
    ['a list of predecessors', isLineage, [], true],
    ['a list of predecessors', isLineage, [uuid], true],
    ['a list of predecessors', isLineage, [uuid, 1], false],
    ['a list of predecessors', isLineage, uuid, false],
    ['a name', isName, 'a', true],
    ['a name', isName, '', false],
    ['a name', isName, 5, false],
    ['a name', isName, ['a'], false],
  ] as const
  for (const [name, is, value, expected] of cases) {
    test(`${JSON.stringify(value)} is ${expected ? '' : 'not '}${name}`, () => {
      assert.equal(is(value), expected)
    })
  }
})
