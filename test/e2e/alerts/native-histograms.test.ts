import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scaledRules } from '../../support/alerts/scaled-rules.ts'
import { eventually, startApp } from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { get } from '../../support/programs/load.ts'
import { type Prometheus, startPrometheus } from '../../support/prometheus/prometheus.ts'
import { need, prometheus } from '../../support/tools.ts'

/** Jobs of one page, by the options of Prometheus, and the forms in which they have histograms. */
const jobs = {
  usual: { options: [], forms: ['classic'] },
  native: { options: ['scrape_native_histograms: true'], forms: ['classic'] },
  converted: { options: ['convert_classic_histograms_to_nhcb: true'], forms: ['native'] },
  both: {
    options: ['convert_classic_histograms_to_nhcb: true', 'always_scrape_classic_histograms: true'],
    forms: ['classic', 'native'],
  },
} as const

const names = Object.keys(jobs).sort()

const records = [
  'worker:gunicorn_worker_slow_requests:sum > 0',
  'job:gunicorn_worker_slow_per_requests:ratio_increase5m > 0',
  'worker:gunicorn_worker_request_duration_seconds:mean5m > 0',
  'worker:gunicorn_worker_request_duration_seconds:p95_5m > 0',
  'worker:gunicorn_worker_request_duration_seconds:p99_5m > 0',
  'worker:gunicorn_worker_request_size_bytes:p95_5m > 0',
]

const alerts = [
  'EventLoopLag',
  'HighResponseTime',
  'LatencyBudgetBurnsFast',
  'LatencyBudgetBurnsSlowly',
]

test('Rules about histograms have data, whatever Prometheus stores of them', async (context) => {
  const program = need(context, prometheus())
  if (program === undefined) return
  const own = latestFirst(context)
  const app = await startApp({ file: 'apps/cluster/cluster.cjs' })
  own.after(() => app.stop())
  const port = await app.ready()
  const config = configOf(new URL(app.metricsUrl).host)
  const server = await startPrometheus({ prometheus: program, config, files: await scaledRules() })
  own.after(() => server.stop())
  // Slow requests, which block the event loop.
  const load = setInterval(() => void get(port, '/block?ms=1100').catch(() => {}), 200)
  own.after(() => clearInterval(load))

  for (const record of records) await everyJobHas(server, record)
  for (const alert of alerts) {
    const fired = `ALERTS{alertname="${alert}", alertstate="firing"}`
    await everyJobHas(server, `last_over_time(${fired}[1h])`)
  }
  const metric = 'gunicorn_worker_request_duration_seconds'
  const [classic, native] = [
    await jobsWith(server, `${metric}_bucket`),
    await jobsWith(server, metric),
  ]
  for (const [name, { forms }] of Object.entries(jobs)) {
    const found = [
      ...(classic.includes(name) ? ['classic'] : []),
      ...(native.includes(name) ? ['native'] : []),
    ]
    assert.deepEqual(found, forms, name)
  }
})

function configOf(target: string): string {
  const scrapes = Object.entries(jobs).flatMap(([name, { options }]) => [
    `  - job_name: ${name}`,
    `    static_configs: [{ targets: ['${target}'] }]`,
    ...options.map((option) => `    ${option}`),
  ])
  return [
    'global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 500ms }',
    'rule_files: [rules/*.yml]',
    'scrape_configs:',
    ...scrapes,
    '',
  ].join('\n')
}

async function everyJobHas(server: Prometheus, expression: string): Promise<void> {
  await eventually(async () => {
    assert.deepEqual(await jobsWith(server, expression), names, expression)
  }, 120_000)
}

async function jobsWith(server: Prometheus, expression: string): Promise<string[]> {
  const results = await server.query(`count by (job) (${expression})`)
  return results.map(({ labels: { job = '' } }) => job).sort()
}
