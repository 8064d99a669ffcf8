import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { RenderTools } from '../../src/exposition/render-tools.ts'
import { LabelTexts } from '../../src/exposition/text-labels.ts'
import type { HistogramValue, Metric } from '../../src/model/metric.ts'
import { encodePeerState } from '../../src/share/peers/peer-state.ts'
import { Peers } from '../../src/share/peers/peers.ts'
import { renderText } from '../support/exposition/render-text.ts'
import { faultsOf } from '../support/prometheus/exposition.ts'
import { Random } from '../support/random.ts'
import { incarnations, sealed, sourceState } from '../support/redis/source-state.ts'

const iterations = 10_000

test(`Peers reject and count ${iterations} damaged values, and keep the valid values`, () => {
  const random = new Random(20_261_121)
  const peers = new Peers({ ttlMs: undefined, now: () => 0 })
  const good = encodePeerState(sourceState())
  peers.take(incarnations[0], good)
  const shown = JSON.stringify(peers.metrics(undefined))
  let taken = 0
  let before = good
  for (let count = 0; count < iterations; count += 1) {
    const bytes = damaged(good, random)
    if (bytes.length === 0 || bytes.equals(good) || bytes.equals(before)) continue
    before = bytes
    taken += 1
    peers.take(incarnations[0], bytes)
    if (count % 1_000 === 0) assert.equal(JSON.stringify(peers.metrics(undefined)), shown)
  }
  assert.equal(JSON.stringify(peers.metrics(undefined)), shown)
  assert.equal(rejectsOf(peers), taken)
  assert.ok(taken > 0.99 * iterations)
})

test(`Peers reject or show ${iterations} hostile values with the right digest`, () => {
  const random = new Random(4_711)
  const peers = new Peers({ ttlMs: undefined, now: () => 0 })
  const tools = new RenderTools(new LabelTexts())
  const good = encodePeerState(sourceState())
  const plain = good.subarray(good.indexOf(10) + 1).toString()
  let accepted = 0
  for (let count = 0; count < iterations; count += 1) {
    const refused = rejectsOf(peers)
    peers.take(incarnations[0], hostile(plain, count, random))
    const metrics = peers.metrics(undefined)
    if (rejectsOf(peers) === refused) accepted += 1
    for (const metric of metrics) assertPossible(metric)
    if (count % 500 === 0) assertValid(metrics, tools)
  }
  assert.equal(accepted + rejectsOf(peers), iterations)
  assert.ok(accepted > 1_000 && accepted < 0.9 * iterations, String(accepted))
})

function rejectsOf(peers: Peers): number {
  return [...peers.refused.values()].reduce((sum, count) => sum + count, 0)
}

/** The value after a failure of the disk or of the writer, or in another format. */
function damaged(good: Buffer, random: Random): Buffer {
  const bytes = Buffer.from(good)
  const at = random.below(bytes.length)
  const kind = random.below(6)
  if (kind === 0) bytes[at] = (bytes[at] as number) ^ (1 << random.below(8))
  else if (kind === 1) return bytes.subarray(0, at)
  else if (kind === 2)
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(9))])
  else if (kind === 3) return Buffer.concat([bytes, bytes.subarray(0, 1 + at)])
  else if (kind === 4)
    bytes.fill(random.below(256), at, Math.min(bytes.length, at + 1 + random.below(40)))
  else return Buffer.from(Array.from({ length: 1 + random.below(80) }, () => random.below(256)))
  return bytes
}

const oddities: readonly unknown[] = [
  null,
  true,
  '',
  'NaN',
  '-Infinity',
  -1,
  0,
  1.5,
  1e308,
  -0,
  2 ** 60,
  [],
  {},
  [[]],
  [-1, -1, -1],
  'x'.repeat(600),
  '\n"\\{}',
  JSON.parse('{"__proto__":1,"constructor":2}'),
  { toString: 1, valueOf: 2 },
  Array.from({ length: 400 }, () => 1),
]

/** Replaces, adds or removes a property at random. */
function twist(state: object, random: Random): void {
  const { node, key } = placeIn(state as Record<string, unknown>, random)
  const odd = structuredClone(random.pick(oddities))
  const kind = random.below(10)
  if (kind === 0) delete node[key]
  else if (kind === 1) node[`${key}_`] = odd
  else node[key] = odd
}

interface Place {
  readonly node: Record<string, unknown>
  readonly key: string
}

function placeIn(node: Record<string, unknown>, random: Random): Place {
  const keys = Object.keys(node)
  const key = keys.length === 0 ? 'more' : random.pick(keys)
  const child = node[key]
  const isDeeper = typeof child === 'object' && child !== null && random.chance(0.8)
  return isDeeper ? placeIn(child as Record<string, unknown>, random) : { node, key }
}

function hostile(plain: string, count: number, random: Random): Buffer {
  const state = JSON.parse(plain)
  for (let change = random.below(3); change >= 0; change -= 1) twist(state, random)
  // Never an earlier value: a value that is read twice counts once.
  const sequence = random.chance(0.9) ? count + 2 : state.sequence
  const json = JSON.stringify({ ...state, sequence, nonce: count })
  return random.chance(0.05) ? sealed(gzipSync(json), { encoding: 'gzip' }) : sealed(json)
}

function assertPossible({ descriptor, points }: Metric): void {
  for (const { attributes, value } of points) {
    assert.equal(typeof attributes['instance'], 'string')
    if (descriptor.kind === 'counter') assert.ok((value as number) >= 0)
    if (descriptor.kind !== 'histogram') continue
    const { count, counts } = value as HistogramValue
    assert.equal(counts.length, (descriptor.bounds?.length ?? 0) + 1)
    assert.equal(
      counts.reduce((sum, each) => sum + each, 0),
      count,
    )
  }
}

function assertValid(metrics: readonly Metric[], tools: RenderTools): void {
  for (const format of ['prometheus', 'openmetrics'] as const) {
    assert.deepEqual(faultsOf(renderText(metrics, format, tools).text, format), [])
  }
}
