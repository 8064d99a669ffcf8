import assert from 'node:assert/strict'
import fc from 'fast-check'
import { stateLimits } from '../../../../src/limits/state.ts'
import { catalog } from '../../../../src/model/catalog/catalog.ts'
import { descriptorOf } from '../../../../src/model/catalog/declaration.ts'
import type { Metric } from '../../../../src/model/metric.ts'
import { encodeReport, parseReport, type Source } from '../../../../src/relay/report.ts'
import { ReportBuilder } from '../../../../src/relay/report-builder.ts'
import { encodePeerState, parsePeerState } from '../../../../src/share/peers/peer-state.ts'
import { ClusterState } from '../../../../src/state/cluster-state.ts'
import { sourceState } from '../../redis/source-state.ts'
import { assertOtlp, assertPages } from '../assert-showable.ts'
import { type FuzzTarget, fuzzTarget } from '../fuzz-target.ts'
import { type Mutation, mutated, mutations } from '../mutation.ts'
import { oddMetrics } from '../odd-metrics.ts'
import { oddText } from '../odd-values.ts'

interface Sent {
  readonly forkNumber: number
  readonly metrics: readonly Metric[]
  readonly changes: readonly Mutation[]
  /** Changes of the bytes of the values. */
  readonly damages: readonly Damage[]
  /** Whether the report contains everything. */
  readonly startsOver: boolean
}

interface Damage {
  readonly act: 'replace' | 'insert' | 'cut'
  readonly place: number
  readonly byte: number
}

interface Input {
  readonly reports: readonly Sent[]
  readonly usesSlots: boolean
  readonly keepWorkerId: boolean
}

const inputs: fc.Arbitrary<Input> = fc.record<Input>({
  reports: fc.array(
    fc.record<Sent>({
      forkNumber: fc.nat({ max: 3 }),
      metrics: oddMetrics,
      changes: mutations,
      damages: fc.array(
        fc.record<Damage>({
          act: fc.constantFrom('replace', 'replace', 'insert', 'cut'),
          place: fc.nat(),
          // Most values of a byte end a varint, or make no head of a value.
          byte: fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0, 1, 2, 3, 0x7f, 0x80, 0xff)),
        }),
        { maxLength: 3 },
      ),
      startsOver: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  usesSlots: fc.boolean(),
  keepWorkerId: fc.boolean(),
})

/** Reports that a hostile worker sends: valid JSON, with everything else wrong. */
export const reportsTarget: FuzzTarget = fuzzTarget({
  name: 'reports',
  claim: 'hostile reports are counted, and leave a valid page, status and shared state',
  quickCases: 200,
  inputs,
  start: () => ({ check }),
})

const maxSeries = 40

function check({ reports, usesSlots, keepWorkerId }: Input): void {
  const state = startedState(usesSlots, keepWorkerId)
  const builders = [0, 1, 2, 3].map(() => new ReportBuilder(1_000))
  for (const { forkNumber, metrics, changes, damages, startsOver } of reports) {
    const builder = builders[forkNumber] ?? assert.fail()
    if (startsOver) builder.resetBaseline()
    const report = builder.next([...usual, ...metrics], sourceOf(forkNumber), { isSentEmpty: true })
    assert.ok(report)
    const text = encodeReport(report)
    assert.equal(encodeReport(parseReport(text) ?? assert.fail(text)), text)
    const values = damaged(report.values, damages)
    const sent = JSON.parse(encodeReport({ ...report, values }))
    state.report(forkNumber, oddText(mutated(sent, changes)))
  }
  const counted = [...state.reports.values()].reduce((sum, count) => sum + count, 0)
  assert.equal(counted, reports.length)
  assert.ok(state.seriesCount <= maxSeries)
  assertUsable(state)
  state.apply({ kind: 'ended', forkNumber: 1, at: 0, code: 1, signal: null, voluntary: false })
  state.checkSilence()
  assertUsable(state)
}

function damaged(values: Buffer, damages: readonly Damage[]): Buffer {
  const bytes = [...values]
  for (const { act, place, byte } of damages) {
    const at = place % (bytes.length + 1)
    if (act === 'cut') bytes.splice(at)
    else bytes.splice(at, act === 'replace' ? 1 : 0, byte)
  }
  return Buffer.from(bytes)
}

function assertUsable(state: ClusterState): void {
  const metrics = state.metrics()
  assertPages(metrics)
  assertOtlp(metrics, state.metrics())
  JSON.stringify([state.workers(), state.deaths, state.reportedFaults])
  const written = parsePeerState(encodePeerState(sourceState({ metrics, retained: [] })))
  assert.equal(typeof written, 'object', `other clusters refuse the state: ${written}`)
  assert.ok(state.deaths.length <= stateLimits.deaths)
}

const usual: readonly Metric[] = [
  { descriptor: descriptorOf(catalog.requests), points: [{ attributes: {}, value: 3 }] },
  { descriptor: descriptorOf(catalog.memory), points: [{ attributes: {}, value: 1e7 }] },
  { descriptor: descriptorOf(catalog.listening), points: [{ attributes: {}, value: 1 }] },
]

function sourceOf(forkNumber: number): Source {
  const role = forkNumber === 0 ? 'primary' : 'worker'
  return { role, forkNumber, startSeconds: 1_700_000_000 + forkNumber, pid: 4_000 + forkNumber }
}

function startedState(usesSlots: boolean, keepWorkerId: boolean): ClusterState {
  const state = new ClusterState({
    usesSlots,
    keepWorkerId,
    mergeRules: [],
    maxSeries,
    lastReports: undefined,
    crashFiles: undefined,
    oomCounterFile: undefined,
    beat: undefined,
    epochSeconds: 1_700_000_000,
    resync: () => {},
    onDeath: () => {},
    now: () => 0,
  })
  for (const forkNumber of [1, 2]) state.apply({ kind: 'forked', forkNumber, at: 0 })
  return state
}
