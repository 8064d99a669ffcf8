import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logLimits } from '../../../src/limits/log.ts'
import { eventually, fetchText, startApp, withCluster } from '../../support/programs/app.ts'
import { die, withDying } from '../../support/programs/dying.ts'
import { idsIn, oneIn, sendUnanswered, workersStatus } from '../../support/programs/hang.ts'
import { get } from '../../support/programs/load.ts'
import { withMaster } from '../../support/programs/master.ts'
import { memoryCgroup } from '../../support/programs/memory-cgroup.ts'
import { look, readSymptom } from '../../support/programs/symptom.ts'
import { sum } from '../../support/prometheus/page.ts'
import { prometheusTools, withPrometheus } from '../../support/prometheus/prometheus.ts'
import { shippedOptions } from '../../support/prometheus/shipped-rules.ts'
import { needed } from '../../support/tools.ts'

const mebibyte = 1_024 ** 2
const isOom = (text: string): boolean => text.includes('oom')

test('A leak shows all that docs/troubleshooting.md quotes', async (context) => {
  const tools = needed(context, await prometheusTools())
  if (!tools) return
  const leak = await readSymptom('A leak', (text) => !isOom(text))
  // A leak of buffers, which Prometheus has the time to see.
  await withCluster({ WORKERS: '1' }, async (app, port) => {
    await oneIn(app, 'running')
    const value = async (name: string): Promise<number> => sum(await app.page(), name)
    const before = await value('gunicorn_worker_memory_bytes')
    const options = await shippedOptions(tools.prometheus, new URL(app.metricsUrl).host)
    await withPrometheus(options, async (prometheus) => {
      await fetchText(`http://127.0.0.1:${port}/hold?bytes=${700 * mebibyte}`)
      await leak.until(() => look(app, prometheus), 'alert: HighMemoryUsage', 'external_memory')
      for (const name of ['memory_bytes', 'external_memory_bytes']) {
        const after = await value(`gunicorn_worker_${name}`)
        assert.ok(after > before + 500 * mebibyte, `${name}: ${before} to ${after}`)
      }
    })
  })
  // A leak of objects, until the heap is full.
  await withDying(
    { WORKERS: '1' },
    async (app, port) => {
      const used = async (): Promise<number> =>
        sum(await app.page(), 'gunicorn_worker_heap_used_bytes')
      for (const _ of ['once', 'again']) {
        const before = await eventually(async () => {
          const bytes = await used()
          assert.ok(bytes > 0)
          return bytes
        })
        await get(port, '/grow')
        await eventually(async () => assert.ok((await used()) > before + 5 * mebibyte))
      }
      await leak.compare(await look(app))
      const options = await shippedOptions(tools.prometheus, new URL(app.metricsUrl).host)
      await withPrometheus(options, async (prometheus) => {
        await get(port, '/leak')
        await leak.until(() => look(app, prometheus))
      })
    },
    ['--max-old-space-size=128'],
  )
})

test('A leak up to the limit of a cgroup shows what the page quotes', async (context) => {
  const cgroup = memoryCgroup(600 * mebibyte)
  if (!cgroup) {
    context.skip('this user cannot make a cgroup with a limit')
    return
  }
  const leak = await readSymptom('A leak', isOom)
  const env = { WORKERS: '2' }
  const app = await startApp({ file: 'apps/cluster/dying.cjs', env, through: cgroup.starter })
  try {
    await die(app, await app.ready(), 'memory')
    await leak.until(() => look(app))
  } finally {
    await app.stop()
    await cgroup.remove()
  }
})

const needsProc = { skip: process.platform !== 'linux' && 'the system has no /proc' }

test('A hang shows all that docs/troubleshooting.md quotes', needsProc, async (context) => {
  const tools = needed(context, await prometheusTools())
  if (!tools) return
  const hang = await readSymptom('A hang')
  await withCluster({ WORKERS: '1', GUNICORN_HANG_STACKS: '1' }, async (app, port) => {
    await oneIn(app, 'running')
    const options = await shippedOptions(tools.prometheus, new URL(app.metricsUrl).host)
    await withPrometheus(options, async (prometheus) => {
      sendUnanswered(port, '/hang')
      await hang.until(() => look(app, prometheus), ...rowsOfLiveWorker)
    })
    const [worker] = (await workersStatus(app)).workers
    process.kill(worker?.pid ?? assert.fail('no worker'), 'SIGKILL')
    await hang.until(() => look(app), ', hung for')
  })
  await withMaster({ options: ['-w', '1', '--timeout', '2'] }, async (master) => {
    await master.serving(1)
    sendUnanswered(master.port, '/hang')
    await hang.until(async () => ({ stderr: master.stderr() }))
  })
})

const rowsOfLiveWorker = ['hangs: ', '/status: ', '/readyz: ', 'page: ', 'alert: ']

test('A primary that hangs shows all that docs/troubleshooting.md quotes', async (context) => {
  const tools = needed(context, await prometheusTools())
  if (!tools) return
  const hang = await readSymptom('A primary that hangs')
  const env = { WORKERS: '2', GUNICORN_HANG_STACKS: '1', BLOCK_MS: '600000' }
  await withCluster(env, async (app) => {
    await eventually(async () => assert.equal(idsIn(await app.page(), 'running').length, 2))
    const options = await shippedOptions(tools.prometheus, new URL(app.metricsUrl).host)
    await withPrometheus(options, async (prometheus) => {
      app.child.kill('SIGUSR2')
      await hang.until(() => look(app, prometheus))
      // Longer than the limit of `WorkerHangs`, and a scrape after that.
      await eventually(async () => {
        const old = await prometheus.query('gunicorn_worker_report_age_seconds > 15')
        assert.equal(old.length, 2)
      }, 60_000)
      assert.deepEqual([...(await prometheus.alerts('firing'))], ['PrimaryHangs'])
    })
    app.child.kill('SIGKILL')
  })
})

test('A crash loop shows all that docs/troubleshooting.md quotes', async (context) => {
  const tools = needed(context, await prometheusTools())
  if (!tools) return
  const loop = await readSymptom('A crash loop')
  await withDying({}, async (app, port) => {
    const options = await shippedOptions(tools.prometheus, new URL(app.metricsUrl).host)
    await withPrometheus(options, async (prometheus) => {
      // More than the log writes in a minute.
      for (let end = 0; end < 2 * logLimits.deaths; end += 1) await die(app, port, 'throw')
      await loop.until(() => look(app, prometheus), '/status: ', 'page: ', 'alert: ', 'TypeError')
      await loop.until(() => look(app), 'left out')
    })
  })
  await withMaster({ file: 'run/boot-crash.cjs', options: ['-w', '2'] }, async (master) => {
    assert.deepEqual(await master.ended, { code: 3, signal: null })
    await loop.until(async () => ({ stderr: master.stderr() }))
  })
})
