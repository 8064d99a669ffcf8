import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  type App,
  type AppOptions,
  eventually,
  fixtures,
  freePort,
  startApp,
} from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { type Sample, select, sum } from '../../support/prometheus/page.ts'

const file = 'apps/metrics/process-load.cjs'
const delays = 'gunicorn_worker_event_loop_delay_seconds'
const longest = 'gunicorn_worker_event_loop_delay_max_seconds'

type Act = (app: App, port: number) => Promise<void>

async function withApp(options: Partial<AppOptions>, act: Act): Promise<void> {
  const app = await startApp({ file, ...options })
  try {
    const port = await app.ready()
    await eventually(async () => assert.ok(sum(await app.page(), `${delays}_count`) > 0))
    await act(app, port)
  } finally {
    await app.stop()
  }
}

/** Delays above one bound and up to another bound, of all workers. */
function between(page: readonly Sample[], above: number, upTo: number): number {
  return upToBound(page, upTo) - upToBound(page, above)
}

function upToBound(page: readonly Sample[], bound: number): number {
  const buckets = select(page, `${delays}_bucket`)
  // Exporters write a bound as 5 or as 5.0.
  const chosen = buckets.filter(({ labels }) => Number(labels['le']) === bound)
  assert.ok(chosen.length > 0)
  return chosen.reduce((total, { value }) => total + value, 0)
}

/** An SDK of the application, with OTel's PrometheusExporter. */
async function ownSdk(): Promise<Partial<AppOptions>> {
  return {
    preload: 'none',
    nodeArgs: ['--require', join(fixtures, 'apps/sdk/sdk.cjs')],
    env: { SDK: 'bare', DATA_PORT: String(await freePort()) },
  }
}

const ways: Record<string, () => Promise<Partial<AppOptions>>> = {
  'a cluster worker': async () => ({}),
  'a process alone': async () => ({ env: { WORKERS: '0' } }),
  'a worker with an SDK of its own': ownSdk,
  'a process alone with an SDK of its own': async () => {
    const options = await ownSdk()
    return { ...options, env: { ...options.env, WORKERS: '0' } }
  },
}

for (const [who, options] of Object.entries(ways)) {
  // The tests wait for most of their time.
  describe(`In ${who}`, { concurrency: true }, () => {
    test('a block of 4 seconds stays in the histogram and in the longest delay', async () => {
      await withApp(await options(), async (app, port) => {
        // A busy machine makes the block longer.
        await get(port, '/block?ms=4000')
        await eventually(async () => assert.equal(between(await app.page(), 2.5, 10), 1))
        const before = await app.page()
        assert.ok(sum(before, longest) >= 3.95, `${sum(before, longest)}`)
        const uptime = sum(before, 'gunicorn_worker_uptime_seconds')
        // A scrape interval of 15 seconds later.
        await eventually(async () => {
          const page = await app.page()
          assert.ok(sum(page, 'gunicorn_worker_uptime_seconds') > uptime + 15)
        }, 60_000)
        const after = await app.page()
        assert.equal(between(after, 2.5, 10), 1)
        assert.ok(sum(after, longest) >= 3.95, `${sum(after, longest)}`)
      })
    })

    test('CPU time, time of the event loop and garbage collections are counted', async () => {
      await withApp(await options(), async (app, port) => {
        const before = await app.page()
        await get(port, '/block?ms=1000')
        await get(port, '/allocate?megabytes=300')
        const grown = (page: Sample[], name: string, labels: Record<string, string>): number =>
          sum(page, name, labels) - sum(before, name, labels)
        await eventually(async () => {
          const page = await app.page()
          const cpu = ['user', 'system'].map((mode) =>
            grown(page, 'gunicorn_worker_cpu_seconds_total', { mode }),
          )
          assert.ok(cpu.every((seconds) => seconds >= 0))
          assert.ok((cpu[0] ?? 0) > 0.5, String(cpu))
          const loop = 'gunicorn_worker_event_loop_seconds_total'
          assert.ok(grown(page, loop, { state: 'active' }) >= 1)
          assert.ok(grown(page, loop, { state: 'idle' }) > 0)
          assert.ok(grown(page, 'gunicorn_worker_gc_collections_total', { kind: 'minor' }) > 0)
          assert.ok(grown(page, 'gunicorn_worker_gc_seconds_total', { kind: 'minor' }) > 0)
          const kinds = select(page, 'gunicorn_worker_gc_seconds_total').map(
            ({ labels }) => labels['kind'],
          )
          assert.deepEqual(kinds.sort(), ['incremental', 'major', 'minor', 'weakcb'])
        })
      })
    })

    test('open files, timers and buffers raise their gauges', async () => {
      await withApp(await options(), async (app, port) => {
        const before = await app.page()
        await get(port, '/open?files=100')
        await get(port, '/timers?count=30')
        await get(port, '/hold?bytes=60000000')
        await eventually(async () => {
          const page = await app.page()
          const grown = (name: string): number => sum(page, name) - sum(before, name)
          // A connection of the test may have closed meanwhile.
          assert.ok(grown('gunicorn_worker_open_fds') >= 90, `${grown('gunicorn_worker_open_fds')}`)
          assert.ok(grown('gunicorn_worker_active_resources') >= 30)
          assert.ok(grown('gunicorn_worker_array_buffers_bytes') > 50_000_000)
          assert.ok(grown('gunicorn_worker_external_memory_bytes') > 50_000_000)
        }, 60_000)
        const page = await app.page()
        const pid = Number((await get(port, '/pid')).body)
        const limits = readFileSync(`/proc/${pid}/limits`, 'utf8')
        const soft = /^Max open files +(\d+)/m.exec(limits)?.[1]
        assert.equal(sum(page, 'gunicorn_worker_max_fds'), Number(soft))
        const start = sum(page, 'gunicorn_worker_start_time_seconds')
        assert.equal(select(page, 'gunicorn_worker_start_time_seconds').length, 1)
        assert.ok(Math.abs(Date.now() / 1_000 - start) < 600)
      })
    })
  })
}

for (const who of ['a cluster worker', 'a process alone with an SDK of its own']) {
  const options = ways[who] ?? (async () => ({}))
  test(`200 blocks at random moments are all in the histogram of ${who}`, async () => {
    await withApp(await options(), async (app, port) => {
      const before = await app.page()
      const ms = 160
      await get(port, `/stalls?count=200&ms=${ms}`)
      await eventually(async () => {
        const page = await app.page()
        const found = between(page, 0.1, 60) - between(before, 0.1, 60)
        assert.ok(found >= 200, `${found} of 200`)
        const grown = (name: string): number => sum(page, name) - sum(before, name)
        // No moment counts twice.
        assert.ok(grown(`${delays}_sum`) > (200 * (ms - 50)) / 1_000)
        assert.ok(grown(`${delays}_sum`) < grown('gunicorn_worker_uptime_seconds'))
      })
    })
  })
}

test('the limit of the heap follows --max-old-space-size', async () => {
  const limits: number[] = []
  for (const megabytes of [100, 300]) {
    await withApp(
      { nodeArgs: [`--max-old-space-size=${megabytes}`], env: { WORKERS: '0' } },
      async (app, port) => {
        const page = await app.page()
        const limit = sum(page, 'gunicorn_worker_heap_limit_bytes')
        assert.equal(limit, Number((await get(port, '/heap')).body))
        limits.push(limit)
        const [used, total] = ['used', 'total'].map((which) =>
          sum(page, `gunicorn_worker_heap_${which}_bytes`),
        )
        assert.ok((used ?? 0) > 1e6 && (used ?? 0) <= (total ?? 0) && (total ?? 0) < limit)
      },
    )
  }
  // V8 adds the young generation, whose size depends on the version of Node.
  const [less = 0, more = 0] = limits
  assert.equal(more - less, 200 * 1_048_576)
  assert.ok(less >= 100 * 1_048_576)
})

test('a worker that is blocked and exits at once leaves the block in the histogram', async () => {
  // A primary without workers would end.
  await withApp({ env: { WORKERS: '2' } }, async (app, port) => {
    await get(port, '/block-and-exit?ms=1500').catch(() => {})
    await eventually(async () => assert.equal(between(await app.page(), 1, 2.5), 1))
  })
})

test('a primary that serves requests has the metrics of its own process', async () => {
  await withApp({ env: { PRIMARY_SERVES: 'yes' } }, async (app) => {
    await eventually(async () => {
      const page = await app.page()
      const names = select(page, `${delays}_count`).map(({ labels }) => labels['worker_id'] ?? '')
      assert.deepEqual(names.map((name) => name.slice(0, 9)).sort(), ['worker_0_', 'worker_1_'])
    })
  })
})

test('an idle worker has about 100 lines on the page', async () => {
  await withApp({}, async (app) => {
    const lines = (await app.page()).filter(({ labels }) => labels['worker_id'] !== undefined)
    assert.ok(lines.length > 80 && lines.length < 125, `${lines.length} lines`)
  })
})

test('PROMETHEUS_GARBAGE_COLLECTIONS=false leaves garbage collections out', async () => {
  await withApp({ env: { PROMETHEUS_GARBAGE_COLLECTIONS: 'false' } }, async (app) => {
    const page = await app.page()
    assert.ok(select(page, 'gunicorn_worker_heap_used_bytes').length > 0)
    assert.deepEqual(select(page, 'gunicorn_worker_gc_collections_total'), [])
    assert.deepEqual(select(page, 'gunicorn_worker_gc_seconds_total'), [])
  })
})
