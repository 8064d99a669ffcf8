import { type LinesSpec, lines, type Placed } from '../../panels.ts'
import { max, series, top } from '../../promql.ts'
import { loadSteps } from './of-worker.ts'

const keys = 'job, instance'
const name = '{{job}} {{instance}}'

/** The cgroup has all workers of an instance, and the kernel kills one of them at its limit. */
const frame = {
  width: 12,
  height: 8,
  page: 'docs/limits.md#the-reason-oom',
  python: 'none',
} as const satisfies Partial<LinesSpec>

export function cgroup(): Placed[] {
  const memory = max(keys, series('gunicorn_exporter_cgroup_memory_bytes'))
  const limit = max(keys, series('gunicorn_exporter_cgroup_memory_limit_bytes'))
  return [
    lines({
      ...frame,
      title: 'Memory of the cgroup, share of the limit',
      description:
        'All processes of the container together. At 100 %, the kernel kills a worker, and the ' +
        'end has the reason "oom". Absent without a limit.',
      unit: 'percentunit',
      max: 1,
      steps: loadSteps,
      queries: [{ expression: top(`${memory} / ${limit}`), legend: name }],
    }),
    lines({
      ...frame,
      title: 'Memory and limit of the cgroup',
      description: 'Without files that the kernel can drop. Absent without a limit.',
      unit: 'bytes',
      queries: [
        { expression: top(memory), legend: `memory ${name}` },
        { expression: top(limit), legend: `limit ${name}` },
      ],
    }),
  ]
}
