import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { eventually, fetchText, startApp, withCluster } from '../../support/programs/app.ts'
import { sendUnanswered } from '../../support/programs/hang.ts'
import { hangStacks } from '../../support/programs/hanging.ts'
import { endpointUrl, liveDocument, ratesIn, requestsIn } from '../../support/programs/live.ts'
import { get, load } from '../../support/programs/load.ts'
import { startMaster } from '../../support/programs/master.ts'
import { sum } from '../../support/prometheus/page.ts'
import { threadEnds } from '../../support/thread-ends.ts'

describe('The live data of a cluster', () => {
  test('has workers, rates, quantiles and routes with errors', async () => {
    await withCluster({ WORKERS: '2' }, async (app, port) => {
      await load({ port, paths: ['/', '/status?code=503'], count: 200, connections: 4 })
      const document = await eventually(async () => {
        const shown = await liveDocument(app)
        assert.equal(
          shown.workers.reduce((all, { requests }) => all + (requests ?? 0), 0),
          200,
        )
        assert.ok(shown.headline.p99 !== null && (shown.headline.errorsPerSecond ?? 0) > 0)
        assert.deepEqual(
          shown.routes.map(({ route, requests, errors }) => [route, requests, errors]).sort(),
          [
            ['/', 100, 0],
            ['/status', 100, 100],
          ],
        )
        const [worker] = shown.workers
        assert.ok(worker && Object.hasOwn(shown.history.workers, worker.key))
        assert.ok((worker.memoryBytes ?? 0) > 1e7 && (worker.heapUsedBytes ?? 0) > 1e6)
        return shown
      })
      assert.equal(document.kind, 'cluster')
      assert.deepEqual(document.primary, { pid: app.child.pid, state: 'running', hang: null })
      assert.deepEqual(
        { ...document.headline.workers },
        { live: 2, listening: 2, hanging: 0, stopped: 0, wanted: null },
      )
      const routes = Object.fromEntries(document.routes.map((route) => [route.route, route]))
      assert.deepEqual(routes['/status']?.errorTypes, [{ errorType: '503', count: 100 }])
      await eventually(async () => {
        await load({ port, paths: ['/'], count: 20, connections: 2 })
        const busy = (await liveDocument(app)).routes.find(({ route }) => route === '/')
        assert.ok((busy?.requestsPerSecond ?? 0) > 0 && busy?.p50 !== null)
      })
    })
  })

  test('counts each request once over kills and replacements', async () => {
    await withCluster({ WORKERS: '2' }, async (app, port) => {
      // A rate needs an earlier sample.
      await eventually(async () => assert.ok((await liveDocument(app)).history.last >= 2))
      let requests = 0
      for (let kill = 1; kill <= 3; kill += 1) {
        await load({ port, paths: ['/'], count: 60, connections: 4 })
        const { body } = await get(port, '/pid')
        requests += 61
        await eventually(async () =>
          assert.equal(sum(await app.page(), 'gunicorn_worker_requests_total'), requests),
        )
        process.kill(Number(body), 'SIGKILL')
        await eventually(async () => {
          const { deaths, workers } = await liveDocument(app)
          assert.equal(deaths.length, kill)
          assert.equal(deaths[0]?.end, 'SIGKILL')
          assert.equal(deaths[0]?.pid, Number(body))
          assert.equal(workers.length, 2)
        })
      }
      const document = await eventually(async () => {
        const shown = await liveDocument(app)
        // Rates have four digits, and reports come a little after their second.
        assert.ok(Math.abs(requestsIn(shown) - requests) < requests / 2, `${requestsIn(shown)}`)
        assert.ok(shown.workers.every(({ key }) => Object.hasOwn(shown.history.workers, key)))
        return shown
      })
      assert.ok(ratesIn(document).every((rate) => rate >= 0))
      assert.ok(Object.keys(document.history.workers).length > 2)
    })
  })

  test('starts without absurd rates in a new exporter thread', threadEnds, async () => {
    const app = await startApp({ file: 'apps/cluster/ending-exporter-thread.cjs' })
    try {
      const port = await app.ready()
      await load({ port, paths: ['/'], count: 2_000, connections: 8 })
      const { history } = await eventually(async () => {
        const shown = await liveDocument(app)
        assert.equal(shown.routes[0]?.requests, 2_000)
        return shown
      })
      app.child.kill('SIGWINCH')
      const document = await eventually(async () => {
        const shown = await liveDocument(app)
        assert.notEqual(shown.history.epoch, history.epoch)
        assert.equal(shown.routes[0]?.requests, 2_000)
        assert.ok(shown.history.last >= 3)
        assert.notEqual(shown.routes[0]?.requestsPerSecond, null)
        return shown
      })
      assert.deepEqual([...new Set(ratesIn(document))], [0])
      assert.equal(document.routes[0]?.requestsPerSecond, 0)
    } finally {
      await app.stop()
    }
  })

  test('shows a hung worker with its stack, while other workers run', async () => {
    const app = await startApp({
      file: 'apps/hanging/server.cjs',
      env: { ...hangStacks, WORKERS: '2' },
    })
    try {
      const port = await app.ready()
      await eventually(async () => assert.equal((await liveDocument(app)).workers.length, 2))
      sendUnanswered(port, '/forever')
      const document = await eventually(async () => {
        const shown = await liveDocument(app)
        assert.equal(shown.headline.workers.hanging, 1)
        assert.match(shown.workers.find(({ hang }) => hang)?.hang?.stack ?? '', /forever/)
        return shown
      })
      const states = document.workers.map(({ state }) => state)
      assert.deepEqual(states.sort(), ['hanging', 'running'])
      assert.equal(document.hidden, null)
      assert.equal(document.primary?.state, 'running')
    } finally {
      await app.stop()
    }
  })

  test('comes while the primary hangs, and says so', async () => {
    await withCluster({ WORKERS: '1', BLOCK_MS: '60000' }, async (app) => {
      await eventually(async () => assert.equal((await liveDocument(app)).workers.length, 1))
      app.child.kill('SIGUSR2')
      await eventually(async () => {
        const { primary } = await liveDocument(app)
        assert.equal(primary?.state, 'hanging')
        assert.ok((primary?.hang?.seconds ?? 0) > 1)
      })
    })
  })
})

test('The live data of a process without workers comes while the process hangs', async () => {
  const app = await startApp({
    file: 'apps/hanging/server.cjs',
    env: { ...hangStacks, WORKERS: '0' },
  })
  try {
    const port = await app.ready()
    await eventually(async () => assert.equal((await liveDocument(app)).workers.length, 1))
    sendUnanswered(port, '/forever')
    await eventually(async () => {
      const { kind, primary, workers } = await liveDocument(app)
      assert.deepEqual([kind, primary], ['process', null])
      assert.equal(workers[0]?.state, 'hanging')
      assert.match(workers[0]?.hang?.stack ?? '', /forever/)
    })
  } finally {
    await app.stop()
  }
})

test('The live data of run shows a reload and the wanted workers', async () => {
  const master = await startMaster({ options: ['--workers', '2'] })
  const place = { metricsUrl: `http://127.0.0.1:${master.metricsPort}/metrics` }
  try {
    await master.serving(2)
    const before = await eventually(async () => {
      const shown = await liveDocument(place)
      assert.deepEqual([shown.headline.workers.live, shown.headline.workers.wanted], [2, 2])
      assert.equal(Object.keys(shown.history.workers).length, 2)
      return shown
    })
    master.child.kill('SIGHUP')
    const known = new Set(before.workers.map(({ key }) => key))
    await eventually(async () => {
      const { workers, deaths, history } = await liveDocument(place)
      assert.equal(workers.length, 2)
      assert.ok(workers.every(({ key }) => !known.has(key)))
      assert.deepEqual(
        deaths.map(({ reason }) => reason),
        ['hup', 'hup'],
      )
      // The columns of ended workers stay beside the columns of new workers.
      assert.equal(Object.keys(history.workers).length, 4)
    })
  } finally {
    await master.stop()
  }
})

test('The lines of a metric do not count as a scrape', async () => {
  await withCluster({ WORKERS: '1' }, async (app, port) => {
    await get(port, '/')
    const name = 'gunicorn_worker_requests_total'
    await eventually(async () => {
      const lines = await fetchText(endpointUrl(app, `/live/metric?name=${name}`))
      assert.match(
        lines,
        new RegExp(`^# HELP ${name} .*\n# TYPE ${name} counter\n${name}{.*} 1\n$`),
      )
    })
    const { exporter } = await liveDocument(app)
    assert.deepEqual(exporter.scrapes, { 200: 0 })
    const missing = exporter.names.filter((each) => !/^[a-z_]+$/.test(each))
    assert.deepEqual(missing, [])
    for (const each of exporter.names) {
      const lines = await fetchText(endpointUrl(app, `/live/metric?name=${each}`))
      assert.match(lines, new RegExp(`^# HELP ${each} `), each)
    }
    const page = new Set((await app.page()).map(({ name: sample }) => sample))
    const samples = exporter.names.flatMap((each) => [
      each,
      `${each}_bucket`,
      `${each}_sum`,
      `${each}_count`,
    ])
    assert.deepEqual(
      [...page].filter((each) => !samples.includes(each)),
      [],
    )
  })
})
