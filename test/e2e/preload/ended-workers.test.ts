import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { type App, eventually, fetchText, withCluster } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { select, sum } from '../../support/prometheus/page.ts'

const deaths = 16
const heldBytes = 320 * 1_024 ** 2

const forms: Readonly<Record<string, Record<string, string>>> = {
  'the age of their worker': {},
  'slots of the primary': { GUNICORN_WORKER_ID: 'slot' },
}

for (const [title, env] of Object.entries(forms)) {
  test(`The average memory is that of living workers in a crash loop, with ${title}`, async () => {
    await withCluster({ WORKERS: '2', ...env }, async (app, port) => {
      for (let count = 1; count <= deaths; count += 1) {
        await get(port, '/exit?code=1')
        await eventually(async () => {
          const page = await app.page()
          assert.equal(sum(page, 'gunicorn_master_worker_restarts_total'), count)
          // The port is closed while no worker listens.
          assert.equal(sum(page, 'gunicorn_master_workers', { state: 'listening' }), 2)
          assert.equal((await live(app)).length, 2)
        })
      }
      await eventually(async () => {
        for (const { rssBytes } of await live(app)) {
          if (rssBytes < heldBytes) await get(port, `/hold?bytes=${heldBytes}`)
          assert.ok(rssBytes >= heldBytes)
        }
        const page = await app.page()
        const memory = select(page, 'gunicorn_worker_memory_bytes')
        assert.equal(memory.length, 2)
        const rss = (await live(app)).reduce((total, { rssBytes }) => total + rssBytes, 0) / 2
        const average = sum(page, 'gunicorn_worker_memory_bytes') / memory.length
        assert.ok(Math.abs(average - rss) < 0.1 * rss, `page: ${average}, kernel: ${rss}`)
      })
      await assertLivingGauges(app)
      const page = await app.page()
      assert.ok(sum(page, 'gunicorn_worker_requests_total') >= deaths)
      const exitMemory = select(page, 'gunicorn_worker_exit_memory_bytes')
      assert.equal(exitMemory.length, title.startsWith('slots') ? 2 : deaths)
    })
  })
}

test('The series of an ended worker leave the page after the set retention', async () => {
  const env = { WORKERS: '1', PROMETHEUS_WORKER_RETENTION_SECONDS: '1.5' }
  await withCluster(env, async (app, port) => {
    const first = await eventually(async () => {
      const [worker] = await live(app)
      assert.ok(worker, 'no worker has reported')
      return worker.workerId
    })
    await get(port, '/exit?code=1')
    await eventually(async () => {
      const ids = select(await app.page(), 'gunicorn_worker_exit_memory_bytes')
      assert.deepEqual(
        ids.map(({ labels }) => labels['worker_id']),
        [first],
      )
    })
    await eventually(async () => {
      const page = await app.page()
      assert.equal(page.filter(({ labels }) => labels['worker_id'] === first).length, 0)
    })
  })
})

interface LiveWorker {
  readonly workerId: string
  readonly rssBytes: number
}

/** The live workers that have reported, with the kernel's memory of each. */
async function live(app: App): Promise<LiveWorker[]> {
  const status = JSON.parse(await fetchText(app.metricsUrl.replace('/metrics', '/status')))
  const workers: { workerId: string; pid: number; memoryBytes: number | null }[] = status.workers
  return Promise.all(
    workers
      .filter(({ memoryBytes }) => memoryBytes !== null)
      .map(async ({ workerId, pid }) => {
        const text = await readFile(`/proc/${pid}/status`, 'utf8')
        return { workerId, rssBytes: 1_024 * Number(/^VmRSS:\s+(\d+)/m.exec(text)?.[1]) }
      }),
  )
}

/** Asserts that no gauge has a series of a dead worker, but for those that tell of the end. */
async function assertLivingGauges(app: App): Promise<void> {
  const text = await fetchText(app.metricsUrl)
  const gauges = Array.from(text.matchAll(/^# TYPE (\S+) gauge$/gm), ([, name = '']) => name)
  const ofTheEnd = new Set(['gunicorn_worker_state', 'gunicorn_worker_exit_memory_bytes'])
  const living = (await live(app)).map(({ workerId }) => workerId).sort()
  const page = await app.page()
  const perWorker = gauges.filter(
    (name) => !ofTheEnd.has(name) && select(page, name).some(({ labels }) => labels['worker_id']),
  )
  assert.ok(perWorker.includes('gunicorn_worker_info'))
  for (const name of perWorker) {
    const ids = new Set(select(page, name).map(({ labels }) => labels['worker_id']))
    assert.deepEqual([...ids].sort(), living, name)
  }
}
