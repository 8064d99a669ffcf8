import type { Placed } from '../../panels.ts'
import { lines } from '../../panels.ts'
import { max, rate, series, sum, top } from '../../promql.ts'
import { keys, name, one, perCall, third } from './one.ts'

export function redis(): Placed[] {
  const publishes = 'gunicorn_exporter_redis_publishes_total'
  return [
    one({
      title: 'Round trips',
      description: 'Round trips to Redis per second, by result.',
      page: 'docs/redis.md',
      unit: 'reqps',
      expression: sum('job, result', rate(publishes)),
      legend: '{{job}} {{result}}',
    }),
    one({
      title: 'Time of a round trip',
      description: 'The mean time, with the wait for Redis.',
      page: 'docs/redis.md',
      unit: 's',
      expression: top(perCall('gunicorn_exporter_redis_seconds_total', publishes)),
      legend: name,
    }),
    lines({
      ...third,
      title: 'Peers and refused values',
      description: 'Other clusters in Redis by state, and values that were not trusted.',
      page: 'docs/metrics.md#state-of-other-clusters',
      unit: 'short',
      queries: [
        {
          expression: max('state', series('gunicorn_exporter_redis_peers')),
          legend: 'peers {{state}}',
        },
        {
          expression: sum('reason', series('gunicorn_exporter_redis_refused_values_total')),
          legend: 'refused {{reason}}',
        },
      ],
    }),
  ]
}

export function pushes(): Placed[] {
  const refused = series('gunicorn_exporter_push_refused_points_total')
  return [
    one({
      title: 'Pushes',
      description: 'Pushes per second, by result.',
      page: 'docs/otlp.md',
      unit: 'reqps',
      expression: sum('job, result', rate('gunicorn_exporter_pushes_total')),
      legend: '{{job}} {{result}}',
    }),
    lines({
      ...third,
      title: 'Time of a push, and age of the last',
      description: 'The mean time of a push, and the time since the last successful push.',
      page: 'docs/otlp.md',
      unit: 's',
      queries: [
        {
          expression: top(
            perCall('gunicorn_exporter_push_seconds_total', 'gunicorn_exporter_pushes_total'),
          ),
          legend: `time ${name}`,
        },
        {
          expression: top(max(keys, series('gunicorn_exporter_push_age_seconds'))),
          legend: `age ${name}`,
        },
      ],
    }),
    lines({
      ...third,
      title: 'Refused by the receiver',
      description:
        'Data points that a receiver refused since the start, and metrics that pushes leave out.',
      page: 'docs/otlp.md#what-a-receiver-refuses',
      unit: 'short',
      queries: [
        { expression: sum('status', refused), legend: 'points {{status}}' },
        {
          expression: sum('', series('gunicorn_exporter_push_refused_metrics')),
          legend: 'metrics left out',
        },
      ],
    }),
  ]
}
