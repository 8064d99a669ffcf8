import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { exporterProvocations, largePage } from '../../support/alerts/exporter-provocations.ts'
import { serviceProvocations } from '../../support/alerts/service-provocations.ts'
import { mebibyte, type Provocation, type Stage } from '../../support/alerts/stage.ts'
import { type Staging, startStaging } from '../../support/alerts/staging.ts'
import { slopes, workerProvocations } from '../../support/alerts/worker-provocations.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { get } from '../../support/programs/load.ts'
import { startMaster } from '../../support/programs/master.ts'
import { memoryCgroup } from '../../support/programs/memory-cgroup.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { shippedAlerts } from '../../support/prometheus/shipped-rules.ts'
import { need, prometheus } from '../../support/tools.ts'

/*
 * Real programs bring about the cause of each alert before one Prometheus, which has the shipped
 * rules in quick time. The longest provocations begin first.
 */
const provocations: readonly Provocation[] = [
  ...slopes,
  ...serviceProvocations,
  ...workerProvocations,
  ...exporterProvocations,
  largePage,
]

/** Each watches for 24 minutes of the rules. */
const mostAttempts = 4
const watchMs = 60_000

/** More programs at the same time keep each other from answering Prometheus. */
const atOnce = 5

test('Each alert fires when its cause appears, and a healthy service has none', async (context) => {
  const program = need(context, prometheus())
  if (program === undefined) return
  const cgroup = memoryCgroup(100 * mebibyte)
  if (!cgroup) return context.skip('this user cannot make a cgroup with a limit')
  await cgroup.remove()
  const alerts = (await shippedAlerts()).map(({ alert }) => alert)
  assert.deepEqual(provocations.flatMap((each) => each.alerts).sort(), alerts.sort())

  const own = latestFirst(context)
  const staging = await startStaging(own, program, await temporaryDirectory(own))
  const begin = Date.now()
  const seconds = (): string => ((Date.now() - begin) / 1_000).toFixed(0)
  const watching = watchHealthy(context, staging)
  const failures: string[] = []
  const queue = [...provocations]
  async function provokeNext(): Promise<void> {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { job } = next
      const told = async (alert: string): Promise<void> => {
        const labels = (await staging.fired(job)).get(alert)
        context.diagnostic(`${alert} at ${seconds()} s: ${JSON.stringify(labels)}`)
      }
      await staging.provoke(next, told).catch((error: unknown) => {
        context.diagnostic(`${job} failed at ${seconds()} s: ${String(error)}`)
        failures.push(`${job}: ${String(error)}`)
      })
    }
  }
  await Promise.all([watching, ...Array.from({ length: atOnce }, provokeNext)])
  assert.deepEqual(failures, [])
  assert.deepEqual(await watching, [])
})

/**
 * Watches a service under load, with a reload every few seconds. On a machine with too much load,
 * the service really lags, so one of some services must have no alerts. Returns alerts of the last.
 */
async function watchHealthy(context: TestContext, staging: Staging): Promise<string[]> {
  let names: string[] = []
  for (let attempt = 1; attempt <= mostAttempts; attempt += 1) {
    const job = `healthy-${attempt}`
    await staging.provoke({
      job,
      alerts: [],
      async run(stage) {
        await startHealthy(stage)
        await sleep(watchMs)
        names = [...(await staging.fired(job)).keys()]
      },
    })
    context.diagnostic(`${job} had the alerts [${names.join(', ')}]`)
    if (names.length === 0) break
  }
  return names
}

async function startHealthy(stage: Stage): Promise<void> {
  const master = await startMaster({ options: ['-w', '2'] })
  stage.after(() => master.stop())
  await master.serving(2)
  await stage.scrape(`http://127.0.0.1:${master.metricsPort}/metrics`)
  stage.repeat(50, () => get(master.port, '/'))
  stage.repeat(8_000, async () => master.signal('SIGHUP'))
}
