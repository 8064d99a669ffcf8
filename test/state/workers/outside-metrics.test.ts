import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalog } from '../../../src/model/catalog/catalog.ts'
import { declared, point } from '../../../src/model/catalog/declared.ts'
import { seenFromOutside } from '../../../src/state/workers/outside-metrics.ts'
import type { WorkerSnapshot } from '../../../src/state/workers/worker-snapshot.ts'

const silent: WorkerSnapshot = {
  forkNumber: 1,
  workerId: 'worker_1_1',
  pid: 4_711,
  state: 'hanging',
  stateSince: 1,
  listening: false,
  ageSeconds: 100,
  reportAgeSeconds: 4,
  silentSeconds: 4,
  silence: { kind: 'hanging', figures: undefined },
}

for (const [reported, shown] of [
  [10, 10],
  [0.001, 4],
  [undefined, 4],
] as const) {
  test(`a silence of 4 s after a delay of ${reported} s shows as a delay of ${shown} s`, () => {
    const own = { worker_id: silent.workerId }
    const other = point({ worker_id: 'worker_2_1' }, 0.5)
    const points = reported === undefined ? [other] : [point(own, reported), other]
    const [metric] = seenFromOutside([declared(catalog.eventLoopDelay, points)], [silent])
    assert.deepEqual(metric?.points, [other, point(own, shown)])
  })
}
