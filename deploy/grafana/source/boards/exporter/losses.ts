import type { Placed } from '../../panels.ts'
import { events, rate, series, sum, top } from '../../promql.ts'
import { keys, name, one, perCall } from './one.ts'

export function losses(): Placed[] {
  const bytes = perCall('gunicorn_exporter_report_bytes_total', 'gunicorn_exporter_reports_total')
  return [
    one({
      title: 'Faults',
      description: 'Faults that exporters caught. Each is a reason to read the log.',
      page: 'docs/troubleshooting.md',
      unit: 'short',
      hasBars: true,
      expression: events('component', 'gunicorn_exporter_faults_total'),
      legend: '{{component}}',
    }),
    one({
      title: 'Dropped series',
      description: 'Series that limits left out or folded into others, since the start.',
      page: 'docs/metrics.md#reason-of-gunicorn_exporter_dropped_series_total',
      unit: 'short',
      expression: sum('reason', series('gunicorn_exporter_dropped_series_total')),
      legend: '{{reason}}',
    }),
    one({
      title: 'Reports that were lost',
      description:
        'Reports of workers that were refused, or out of sequence. Workers send them again.',
      page: 'docs/metrics.md#result',
      unit: 'short',
      hasBars: true,
      expression: events('result', 'gunicorn_exporter_reports_total', 'result!="accepted"'),
      legend: '{{result}}',
    }),
    one({
      title: 'Reports',
      description: 'Reports of workers per second. A busy worker sends one each second.',
      page: 'docs/metrics.md#result',
      unit: 'reqps',
      expression: top(sum(keys, rate('gunicorn_exporter_reports_total'))),
      legend: name,
    }),
    one({
      title: 'Size of reports',
      description: 'Mean bytes of a report.',
      unit: 'bytes',
      expression: top(bytes),
      legend: name,
    }),
    one({
      title: 'Counts of ended workers',
      description: 'Whether the last counts of killed workers were found.',
      page: 'docs/metrics.md#result',
      unit: 'short',
      hasBars: true,
      expression: events('result', 'gunicorn_exporter_crash_files_total'),
      legend: '{{result}}',
    }),
  ]
}
