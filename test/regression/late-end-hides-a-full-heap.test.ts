// Bug: a process with the IPC pipe of a dead worker delayed the worker's end. The next look at the
// memory of live workers forgot the dead worker, and its full heap read `abort`.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stateLimits } from '../../src/limits/state.ts'
import { catalog } from '../../src/model/catalog/catalog.ts'
import { descriptorOf } from '../../src/model/catalog/declaration.ts'
import type { Death } from '../../src/model/death.ts'
import { ClusterState } from '../../src/state/cluster-state.ts'
import { pageSize } from '../../src/support/process/page-size.ts'
import { ReportingSource } from '../support/reporting-source.ts'

const MiB = 2 ** 20
const ticks = { state: 'R', userSeconds: 1, systemSeconds: 0, startTicks: '55' }

test('A worker with a full heap has the reason heap, although its end comes late', () => {
  let now = 0
  let rssPages = (100 * MiB) / (pageSize() ?? 4_096)
  const deaths: Death[] = []
  const state = new ClusterState({
    usesSlots: false,
    keepWorkerId: false,
    mergeRules: [],
    maxSeries: 1_000,
    lastReports: undefined,
    crashFiles: undefined,
    oomCounterFile: undefined,
    epochSeconds: 1_700_000_000,
    resync: () => assert.fail('resync'),
    onDeath: (death) => deaths.push(death),
    now: () => now,
    readStat: () => ({ ...ticks, rssPages }),
  })
  const source = new ReportingSource(1, { startTicks: '55' })
    .set(descriptorOf(catalog.memory), {}, 100 * MiB)
    .set(descriptorOf(catalog.heapUsed), {}, 10 * MiB)
    .set(descriptorOf(catalog.heapLimit), {}, 256 * MiB)
  state.apply({ kind: 'forked', forkNumber: 1, at: 0, pid: 4_001 })
  state.report(1, source.report())
  rssPages *= 4
  state.checkSilence()
  const end = { forkNumber: 1, at: 0, code: null, signal: 'SIGABRT', voluntary: false }
  state.apply({ kind: 'exited', ...end })
  for (let looks = 0; looks < 20; looks += 1) {
    now += stateLimits.silenceCheckMs
    state.checkSilence()
  }
  state.apply({ kind: 'ended', ...end })
  assert.deepEqual(
    deaths.map(({ reason }) => reason),
    ['heap'],
  )
})
