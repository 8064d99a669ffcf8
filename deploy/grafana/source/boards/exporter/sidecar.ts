import type { Placed } from '../../panels.ts'
import { lines } from '../../panels.ts'
import { max, rate, series, sum, top } from '../../promql.ts'
import { keys, name, one, third } from './one.ts'

export function sidecar(): Placed[] {
  const of = (metric: string): string => series(`gunicorn_sidecar_${metric}`)
  const at = { page: 'docs/sidecar.md' } as const
  return [
    one({
      ...at,
      title: 'Reads',
      description: 'Reads of Redis and of directories per second, by result.',
      unit: 'reqps',
      expression: sum('origin, result', rate('gunicorn_sidecar_reads_total')),
      legend: '{{origin}} {{result}}',
    }),
    one({
      ...at,
      title: 'Age of the last read',
      description: 'Seconds since the last successful read of each origin.',
      unit: 's',
      expression: max('job, instance, origin', of('read_age_seconds')),
      legend: `{{origin}} ${name}`,
    }),
    lines({
      ...third,
      ...at,
      title: 'Instances',
      description:
        'Clusters and processes on the pages of sidecars by state, and those that ' +
        'SIDECAR_NODE_ONLY leaves out.',
      page: 'docs/metrics.md#state-of-other-clusters',
      unit: 'short',
      queries: [
        { expression: sum('origin, state', of('instances')), legend: '{{origin}} {{state}}' },
        {
          expression: sum('origin, reason', of('outside_instances')),
          legend: '{{origin}} left out: {{reason}}',
        },
      ],
    }),
    one({
      ...at,
      title: 'Age of instances',
      description: 'The oldest values on the page.',
      unit: 's',
      expression: top(max('origin, instance', of('instance_age_seconds'))),
      legend: '{{origin}} {{instance}}',
    }),
    lines({
      ...third,
      ...at,
      title: 'Shared directory',
      description: 'The size of the files. Absent without a directory.',
      unit: 'bytes',
      queries: [{ expression: max(keys, of('multiproc_dir_size_bytes')), legend: `size ${name}` }],
    }),
    lines({
      ...third,
      ...at,
      title: 'Sidecars',
      description:
        'Files in the shared directory, values that were not trusted, and the connection to Redis.',
      unit: 'short',
      queries: [
        { expression: max(keys, of('multiproc_files_count')), legend: `files ${name}` },
        { expression: sum('reason', of('refused_values_total')), legend: 'refused {{reason}}' },
        { expression: max(keys, of('redis_connected')), legend: `Redis ${name}` },
      ],
    }),
  ]
}
