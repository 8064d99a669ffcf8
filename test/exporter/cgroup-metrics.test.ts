import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cgroupMetrics } from '../../src/exporter/cgroup-metrics.ts'
import { exporterLimits } from '../../src/limits/exporter.ts'
import type { Metric } from '../../src/model/metric.ts'
import type { CgroupMemory } from '../../src/support/process/cgroup.ts'
import { ManualClock } from '../support/manual-clock.ts'

const memory = 'gunicorn_exporter_cgroup_memory_bytes'
const limit = 'gunicorn_exporter_cgroup_memory_limit_bytes'

test('Memory and limit of the cgroup are read again after a time', () => {
  const readings: CgroupMemory[] = [
    { limit: 1_000, used: 600 },
    { limit: 1_000, used: 700 },
  ]
  const clock = new ManualClock()
  const metrics = cgroupMetrics({ read: () => readings.shift(), clock })
  assert.deepEqual(valuesOf(metrics()), { [memory]: [600], [limit]: [1_000] })
  clock.spend(exporterLimits.cgroupReadingMs - 1)
  assert.deepEqual(valuesOf(metrics()), { [memory]: [600], [limit]: [1_000] })
  clock.spend(1)
  assert.deepEqual(valuesOf(metrics()), { [memory]: [700], [limit]: [1_000] })
})

test('A cgroup without a limit, or a limit without a size, has no series', () => {
  assert.deepEqual(valuesOf(cgroupMetrics({ read: () => undefined })()), {})
  const metrics = cgroupMetrics({ read: () => ({ limit: 5, used: undefined }) })
  assert.deepEqual(valuesOf(metrics()), { [memory]: [], [limit]: [5] })
})

function valuesOf(metrics: readonly Metric[]): Record<string, unknown[]> {
  return Object.fromEntries(
    metrics.map(({ descriptor, points }) => [descriptor.name, points.map(({ value }) => value)]),
  )
}
