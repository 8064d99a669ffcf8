import assert from 'node:assert/strict'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../programs/app.ts'
import { type Belongings, latestFirst } from '../programs/belongings.ts'
import {
  type Prometheus,
  type PrometheusOptions,
  type Result,
  startPrometheus,
} from '../prometheus/prometheus.ts'
import { scaledRules } from './scaled-rules.ts'
import type { Provocation, Stage } from './stage.ts'

/** Only ends a failing test. */
const deadlineMs = 400_000

interface Target {
  readonly job: string
  readonly part: 'all' | 'own'
}

/** The exporter's own metrics that Prometheus asks for, where it does not ask for all. */
const ownNames = ['gunicorn_exporter_scrapes_total', 'gunicorn_exporter_dropped_series_total']

/** A Prometheus with the shipped rules in quick time, and the targets of all provocations. */
export interface Staging {
  /** All alerts until now that fired for the job, by name, with their labels. */
  readonly fired: (job: string) => Promise<ReadonlyMap<string, Result['labels']>>
  /** Brings about the causes, and waits for the alerts. The programs have then ended. */
  readonly provoke: (
    provocation: Provocation,
    told?: (alert: string) => Promise<void>,
  ) => Promise<void>
}

export async function startStaging(
  own: Belongings,
  program: string,
  directory: string,
): Promise<Staging> {
  const targets = new Map<string, Target>()
  writeTargets(directory, targets)
  const server = await startPrometheus({ prometheus: program, ...(await options(directory)) })
  own.after(() => server.stop())
  const fired: Staging['fired'] = (job) => firedAlerts(server, job)
  const stage = (job: string, belongings: Belongings): Stage => ({
    ...belongings,
    ...acting(belongings),
    job,
    directory,
    async scrape(url, part = 'all') {
      targets.set(url, { job, part })
      writeTargets(directory, targets)
      await eventually(async () => {
        const [known] = await server.query(`job:gunicorn_up:seen{job="${job}"}`)
        assert.ok(known, `Prometheus does not know ${job}`)
      }, deadlineMs)
    },
    async forget() {
      for (const [url, target] of targets) if (target.job === job) targets.delete(url)
      writeTargets(directory, targets)
    },
    async fires(alert) {
      const end = Date.now() + deadlineMs
      while (!(await fired(job)).has(alert)) {
        assert.ok(Date.now() < end, `${alert} of ${job} does not fire`)
        await sleep(500)
      }
    },
  })
  return {
    fired,
    async provoke({ job, alerts, run }, told) {
      const acts: (() => unknown)[] = []
      const after = (act: () => unknown): void => void acts.push(act)
      const running = stage(job, latestFirst({ after, skip: own.skip }))
      try {
        await run(running)
        await Promise.all(alerts.map((alert) => running.fires(alert).then(() => told?.(alert))))
      } finally {
        await running.forget()
        for (const act of acts) await act()
      }
    },
  }
}

function acting({ after }: Belongings): Pick<Stage, 'repeat'> {
  let isOver = false
  after(() => {
    isOver = true
  })
  return {
    repeat(everyMs, act) {
      const loop = async (): Promise<void> => {
        while (!isOver) {
          await act().catch(() => {})
          await sleep(everyMs)
        }
      }
      void loop()
    },
  }
}

async function firedAlerts(
  server: Prometheus,
  job: string,
): Promise<ReadonlyMap<string, Result['labels']>> {
  const alerts = `ALERTS{alertstate="firing", job="${job}"}`
  const results = await server.query(`last_over_time(${alerts}[1h])`)
  return new Map(
    results.map(({ labels: { __name__, alertstate, alertname = '', ...labels } }) => [
      alertname,
      labels,
    ]),
  )
}

function writeTargets(directory: string, targets: ReadonlyMap<string, Target>): void {
  for (const part of ['all', 'own']) {
    const groups = [...targets]
      .filter(([, target]) => target.part === part)
      .map(([url, { job }]) => {
        const { protocol, host } = new URL(url)
        return { targets: [host], labels: { job, __scheme__: protocol.slice(0, -1) } }
      })
    const file = join(directory, `${part}.json`)
    writeFileSync(`${file}.new`, JSON.stringify(groups))
    // At once: Prometheus reads no half of a file.
    renameSync(`${file}.new`, file)
  }
}

async function options(directory: string): Promise<Omit<PrometheusOptions, 'prometheus'>> {
  const found = (part: Target['part']): string =>
    `file_sd_configs: [{ files: ['${join(directory, `${part}.json`)}'], refresh_interval: 1s }]`
  const config = `
global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 500ms }
rule_files: [rules/*.yml]
scrape_configs:
  - job_name: all
    tls_config: { insecure_skip_verify: true }
    ${found('all')}
  - job_name: own
    params: { 'name[]': [${ownNames.join(', ')}] }
    ${found('own')}
`
  return { config, files: await scaledRules(), flags: ['--query.lookback-delta=10s'] }
}
