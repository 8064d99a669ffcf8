import type { Board } from '../../board.ts'
import type { Placed } from '../../panels.ts'
import { stat } from '../../panels.ts'
import { max, series, sum } from '../../promql.ts'
import { instanceVariable, jobVariable, sourceVariable, topVariable } from '../../variables.ts'
import { losses } from './losses.ts'
import { page } from './one.ts'
import { pushes, redis } from './receivers.ts'
import { scrapes } from './scrapes.ts'
import { sidecar } from './sidecar.ts'

export function exporter(): Board {
  return {
    uid: 'gunicorn-exporter',
    title: 'Gunicorn / Exporter',
    description: 'Whether the metrics themselves arrive, and what limits left out.',
    variables: [sourceVariable(), jobVariable(), instanceVariable(), topVariable()],
    rows: [
      { title: 'Now', panels: now() },
      { title: 'Scrapes', panels: scrapes() },
      { title: 'Reports, faults and limits', panels: losses() },
      { title: 'Redis', panels: redis() },
      { title: 'OTLP push', panels: pushes() },
      { title: 'Sidecar', panels: sidecar() },
    ],
  }
}

function now(): Placed[] {
  const small = { width: 6, height: 4, page, python: 'none', unit: 'short' } as const
  const expiry = series('gunicorn_exporter_certificate_expiry_timestamp_seconds')
  return [
    stat({
      ...small,
      title: 'Targets that are down',
      description: 'Targets of the chosen jobs that Prometheus could not scrape.',
      page: 'docs/troubleshooting.md',
      python: 'data',
      queries: [{ expression: sum('', `${series('up')} == bool 0`), legend: 'down' }],
      steps: [{ from: 1, color: 'red' }],
    }),
    stat({
      ...small,
      title: 'Series',
      description: 'Series on the largest page. By default, a page has 100,000 series at most.',
      page: 'docs/limits.md#numbers',
      queries: [{ expression: max('', series('gunicorn_exporter_series')), legend: 'series' }],
      steps: [
        { from: 50_000, color: 'yellow' },
        { from: 90_000, color: 'red' },
      ],
    }),
    stat({
      ...small,
      title: 'Redis and pushes that fail',
      description: 'Exporters and sidecars without Redis, and exporters whose pushes are off.',
      queries: [
        {
          expression: sum('', `${series('gunicorn_exporter_redis_connected')} == bool 0`),
          legend: 'without Redis',
        },
        {
          expression: sum('', `${series('gunicorn_sidecar_redis_connected')} == bool 0`),
          legend: 'sidecars without Redis',
        },
        {
          expression: sum('', `${series('gunicorn_exporter_pushing')} == bool 0`),
          legend: 'pushes off',
        },
      ],
      steps: [{ from: 1, color: 'red' }],
    }),
    stat({
      ...small,
      title: 'Certificate expires in',
      description: 'The certificate of an endpoint that expires first. Absent without TLS.',
      unit: 's',
      queries: [{ expression: `min(${expiry} - time())`, legend: 'expires' }],
      steps: [],
    }),
  ]
}
