import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Metric } from '../../../../src/model/metric.ts'
import { encodeMetric } from '../../../../src/share/peers/encoded-metric.ts'
import {
  encodePeerState,
  type PeerState,
  parsePeerState,
} from '../../../../src/share/peers/peer-state.ts'
import { Peers } from '../../../../src/share/peers/peers.ts'
import { CarriedTotals } from '../../../../src/share/succession/carried-totals.ts'
import { usualRules } from '../../merging.ts'
import { incarnations, sealed, sourceState } from '../../redis/source-state.ts'
import { assertOtlp, assertPages } from '../assert-showable.ts'
import { type FuzzTarget, fuzzTarget } from '../fuzz-target.ts'
import { type Mutation, mutated, mutations } from '../mutation.ts'
import { oddMetrics } from '../odd-metrics.ts'
import { oddNumbers, oddText, oddTexts } from '../odd-values.ts'

interface Written {
  /** The key in Redis, or the name of the file. */
  readonly place: number
  readonly instance: string
  readonly times: readonly number[]
  readonly metrics: readonly Metric[]
  readonly changes: readonly Mutation[]
  readonly hasEnded: boolean
}

interface Input {
  readonly values: readonly Written[]
  readonly ttlMs: number | undefined
  /** Time between two values, milliseconds. */
  readonly pauseMs: number
}

const own = { instance: 'here', predecessors: [incarnations[3]] }
const ownMetrics = sourceState().metrics.map(({ descriptor, points }) => ({
  descriptor,
  points: points.map(({ attributes, value }) => ({
    attributes: { instance: own.instance, ...attributes },
    value,
  })),
}))

const inputs: fc.Arbitrary<Input> = fc.record<Input>({
  values: fc.array(
    fc.record<Written>({
      place: fc.nat({ max: 3 }),
      instance: fc.oneof(fc.constantFrom('here', 'there'), oddTexts),
      times: fc.array(oddNumbers, { minLength: 3, maxLength: 3 }),
      metrics: oddMetrics,
      changes: mutations,
      hasEnded: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  ttlMs: fc.constantFrom(undefined, 1_000, 300_000),
  pauseMs: fc.constantFrom(0, 6_000, 400_000),
})

/** Values in Redis, and files in the shared directory, with the right digest. */
export const peersTarget: FuzzTarget = fuzzTarget({
  name: 'peers',
  claim: 'hostile values of Redis and of shared files leave a valid page that keeps our series',
  quickCases: 500,
  inputs,
  start: () => ({ check }),
})

function check({ values, ttlMs, pauseMs }: Input): void {
  let now = 0
  const peers = new Peers({ ttlMs, now: () => now })
  for (const [index, written] of values.entries()) {
    const bytes = bytesOf(written, index)
    peers.take(incarnations[written.place] ?? incarnations[0], bytes)
    const state = parsePeerState(bytes)
    if (typeof state !== 'string') assertContinuable(state)
    now += pauseMs
    const shown = peers.metrics(own)
    assertKept(assertPages([...ownMetrics, ...shown]))
    assertOtlp(shown, peers.metrics(undefined))
    peers.shown()
    peers.counts(own)
  }
}

function bytesOf({ place, instance, times, metrics, changes, hasEnded }: Written, index: number) {
  const [startedAt = 0, writtenAt = 0, until = 0] = times.map((time) => Math.floor(Math.abs(time)))
  const state = sourceState({
    incarnation: incarnations[place] ?? incarnations[0],
    instance,
    sequence: index + 1,
    startedAt,
    writtenAt,
    hasEnded,
    metrics: [],
    retained: [],
  })
  const encoded = {
    ...state,
    metrics: metrics.map(encodeMetric),
    retained: [{ until, metrics: metrics.slice(1).map(encodeMetric) }],
  }
  return sealed(oddText(mutated(encoded, changes)))
}

/** A hostile value hides and changes no line of this cluster. */
function assertKept(pages: readonly string[]): void {
  for (const [index, page] of pages.entries()) {
    const lines = new Set(page.split('\n'))
    const lost = (ownPages[index] ?? '').split('\n').filter((line) => !lines.has(line))
    assert.deepEqual(lost, [])
  }
}

const ownPages = assertPages(ownMetrics)

/** A successor can continue these totals, and readers accept what the successor writes. */
function assertContinuable(previous: PeerState): void {
  const moment = { now: 0, unixNow: 1_700_000_000_000 }
  const carried = new CarriedTotals({ previous, moment, usesSlots: false, rules: usualRules })
  const metrics = carried.joined([...sourceState().metrics, ...previous.metrics])
  const retained = carried.retained(moment)
  assertPages([...metrics, ...retained.flatMap((each) => each.metrics)])
  assertOtlp(previous.metrics, metrics)
  const written = parsePeerState(encodePeerState(sourceState({ metrics, retained })))
  assert.equal(typeof written, 'object', `a reader refuses what a successor writes: ${written}`)
}
