import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exporterProvocations, largePage } from '../../support/alerts/exporter-provocations.ts'
import { serviceProvocations } from '../../support/alerts/service-provocations.ts'
import type { Provocation, Stage } from '../../support/alerts/stage.ts'
import { startStaging } from '../../support/alerts/staging.ts'
import { slopes, workerProvocations } from '../../support/alerts/worker-provocations.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { get } from '../../support/programs/load.ts'
import { startMaster } from '../../support/programs/master.ts'
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

/** More programs at the same time keep each other from answering Prometheus. */
const atOnce = 5

test('Each alert fires when its cause appears, and a healthy service has none', async (context) => {
  const program = need(context, prometheus())
  if (program === undefined) return
  const alerts = (await shippedAlerts()).map(({ alert }) => alert)
  const only = process.env['ALERTS_ONLY']?.split(',')
  const chosen = provocations.filter(({ job }) => only?.includes(job) ?? true)
  assert.deepEqual(provocations.flatMap((each) => each.alerts).sort(), alerts.sort())

  const own = latestFirst(context)
  const staging = await startStaging(own, program, await temporaryDirectory(own))
  const begin = Date.now()
  const seconds = (): string => ((Date.now() - begin) / 1_000).toFixed(0)
  await startHealthy(staging.stage('healthy', own))
  const failures: string[] = []
  const queue = [...chosen]
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
  await Promise.all(Array.from({ length: atOnce }, provokeNext))
  assert.deepEqual(failures, [])
  assert.deepEqual(Object.fromEntries(await staging.fired('healthy')), {})
})

/** A service under load, with a reload every few seconds. */
async function startHealthy(stage: Stage): Promise<void> {
  const master = await startMaster({ options: ['-w', '2'] })
  stage.after(() => master.stop())
  await master.serving(2)
  await stage.scrape(`http://127.0.0.1:${master.metricsPort}/metrics`)
  stage.repeat(50, () => get(master.port, '/'))
  stage.repeat(8_000, async () => master.signal('SIGHUP'))
}
