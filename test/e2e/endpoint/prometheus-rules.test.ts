import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { current } from '../../../scripts/documents.ts'
import { collectLimits } from '../../../src/limits/collect.ts'
import {
  type App,
  eventually,
  fetchText,
  startApp,
  withCluster,
} from '../../support/programs/app.ts'
import { load } from '../../support/programs/load.ts'
import { documentedQueries } from '../../support/prometheus/documented-queries.ts'
import { select, sum } from '../../support/prometheus/page.ts'
import {
  type Prometheus,
  prometheusTools,
  withPrometheus,
} from '../../support/prometheus/prometheus.ts'
import { shippedOptions } from '../../support/prometheus/shipped-rules.ts'
import { needed } from '../../support/tools.ts'

test('Every documented query has data in a Prometheus that scrapes workers', async (context) => {
  const tools = needed(context, await prometheusTools())
  if (tools === undefined) return
  await withScraped({ program: tools.prometheus, workers: 4 }, async (app, port, prometheus) => {
    await provoke(app, port)
    for (const query of documentedQueries) {
      await eventually(async () => {
        // A rate needs two different values.
        await load({ port, paths: ['/', '/status?code=503'], count: 20, connections: 4 })
        await hungUp(port, 'NOT / HTTP\r\n\r\n')
        const values = (await prometheus.query(query)).map(({ value }) => value)
        assert.ok(
          values.some((value) => value > 0 && value < Infinity),
          `${query}: ${values}`,
        )
      }, 60_000)
    }
    const [running] = await prometheus.query('sum(gunicorn_worker_state{state="running"})')
    assert.equal(running?.value, 4)
    const reasons = await prometheus.query('gunicorn_master_worker_restart_total > 0')
    assert.deepEqual(reasons.map(({ labels }) => labels['reason']).sort(), ['chld', 'hup'])
  })
})

test('Every query of docs/metrics.md has data after a stall', async (context) => {
  const tools = needed(context, await prometheusTools())
  if (tools === undefined) return
  const [, section = ''] =
    /^## Between two scrapes$(.*?)^## /ms.exec(await current(metricsPage)) ?? []
  const queries = Array.from(section.matchAll(/\| `(.+)` \|$/gm), ([, query = '']) => query)
  assert.ok(queries.length >= 8)
  await withScraped({ program: tools.prometheus, workers: 1 }, async (app, _port, prometheus) => {
    const [worker] = select(await app.page(), 'gunicorn_worker_info')
    const pid = Number(worker?.labels['pid'])
    process.kill(pid, 'SIGSTOP')
    // The delay of a process that rests is up to `restingCheckMs` shorter than the pause.
    await sleep(collectLimits.restingCheckMs + 1_500)
    process.kill(pid, 'SIGCONT')
    for (const query of queries) {
      await eventually(async () => {
        const values = (await prometheus.query(query)).map(({ value }) => value)
        // Stalls, their seconds, shares: each is above 0 for this worker.
        assert.ok(values.length === 1 && (values[0] ?? 0) > 0, `${query}: ${values}`)
      }, 60_000)
    }
  })
})

const metricsPage = 'docs/metrics.md'

test('A first failure and a first death before a scrape fire their alerts', async (context) => {
  const tools = needed(context, await prometheusTools())
  if (tools === undefined) return
  await withCluster({ WORKERS: '2' }, async (app, port) => {
    await fetchText(`http://127.0.0.1:${port}/exit?code=1`)
    await load({ port, paths: ['/status?code=503'], count: 1, connections: 1 })
    await eventually(async () => {
      const page = await app.page()
      assert.equal(sum(page, 'gunicorn_master_worker_restarts_total'), 1)
      assert.equal(sum(page, 'gunicorn_worker_failed_requests_total'), 1)
    })
    const options = await shippedOptions(tools.prometheus, new URL(app.metricsUrl).host)
    await withPrometheus(options, (prometheus) =>
      fireAmongOthers(prometheus, ['HighErrorRate', 'WorkerCrashes', 'WorkerRestarts']),
    )
  })
})

/** Waits until these alerts fire, whatever else fires. */
async function fireAmongOthers(prometheus: Prometheus, names: readonly string[]): Promise<void> {
  await eventually(async () => {
    const firing = await prometheus.alerts('firing')
    for (const name of names) assert.ok(firing.has(name), `${name} of ${[...firing]}`)
  }, 60_000)
}

/**
 * Acts on a cluster and a Prometheus of the shipped configuration and rules that has scraped it and
 * evaluated them. Its intervals are a second, and no alert waits.
 */
async function withScraped(
  { program, workers }: { readonly program: string; readonly workers: number },
  act: (app: App, port: number, prometheus: Prometheus) => Promise<void>,
): Promise<void> {
  const app = await startApp({
    file: 'apps/cluster/cluster.cjs',
    env: { WORKERS: String(workers) },
  })
  try {
    const port = await app.ready()
    const options = await shippedOptions(program, new URL(app.metricsUrl).host)
    await withPrometheus(options, async (prometheus) => {
      await eventually(async () => {
        const [running] = await prometheus.query('job:gunicorn_worker_state:running')
        assert.equal(running?.value, workers, prometheus.stderr())
      }, 60_000)
      await act(app, port, prometheus)
    })
  } finally {
    await app.stop()
  }
}

/** A reload, errors of all kinds, and a worker that is killed and replaced. */
async function provoke(app: App, port: number): Promise<void> {
  process.kill(app.child.pid ?? 0, 'SIGHUP')
  await load({ port, paths: ['/', '/users/42', '/fail/1'], count: 300, connections: 8 })
  const echo = { method: 'POST', body: 'x'.repeat(2_000) }
  await (await fetch(`http://127.0.0.1:${port}/echo`, echo)).text()
  process.kill(Number(await fetchText(`http://127.0.0.1:${port}/pid`)), 'SIGKILL')
  await eventually(async () => {
    const page = await app.page()
    assert.equal(sum(page, 'gunicorn_master_worker_restarts_total'), 1)
    assert.equal(sum(page, 'gunicorn_master_workers', { state: 'listening' }), 4)
  })
}

/** Sends the text to the port and closes the connection later without a response. */
async function hungUp(port: number, text: string, afterMs = 100): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', () => {})
  socket.write(text)
  await sleep(afterMs)
  socket.destroy()
}
