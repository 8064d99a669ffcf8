import assert from 'node:assert/strict'
import { chmodSync, readdirSync, readlinkSync } from 'node:fs'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WorkerStatus } from '../../../src/state/worker-status.ts'
import { memoriesOf } from '../../support/crash-file/memories-of.ts'
import { withoutAddon } from '../../support/crash-file/without-addon.ts'
import { crashFiles } from '../../support/crash-file/written-requests.ts'
import { needsRoot, publicDirectory } from '../../support/files/other-user.ts'
import { type App, eventually, fetchText, freePort, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { withoutProc } from '../../support/programs/without-proc.ts'
import { sum } from '../../support/prometheus/page.ts'

describe('The counts of a killed worker are on the page', () => {
  const rows: readonly Row[] = [
    ['in memory', 'none', 'memory'],
    ['of a worker that starts long after its fork', 'late', 'memory'],
    ['of a worker that changes its user', 'change user', 'memory', needsRoot],
    ['from a file, of a worker that runs as another user', 'other user', 'file', needsRoot],
    ['from a file, where the system shows no /proc', 'no proc', 'file', needsRoot],
  ]
  for (const [what, act, wanted, skip = false] of rows) {
    const place = withoutAddon ? 'file' : wanted
    test(withoutAddon ? `${what}: without the addon` : what, { skip }, async (context) => {
      const { app, port, directory } = await started(context, act)
      const pid = await counted(port)
      assert.equal(crashFiles(directory).length, place === 'file' ? 1 : 0)
      const { counts } = await eventually(async () => await reportedWorker(app))
      const shown = { memory: /^null$/, file: withoutAddon ? /./ : /EACCES|ENOENT/ }
      assert.equal(counts?.place, place)
      assert.match(String(counts?.notInMemory), shown[place])
      process.kill(pid, 'SIGKILL')
      await eventually(async () => assert.equal(await filesBy(app, 'read'), 1))
      assert.equal(sum(await app.page(), 'gunicorn_worker_requests_total'), 3)
      assert.doesNotMatch(app.stderr(), /was killed and left|cannot be written/)
      await eventually(() => assert.equal(memoriesOf(app.child.pid), 0))
    })
  }

  test('after its primary has hung', async (context) => {
    const { app, port } = await started(context, 'none')
    const pid = await counted(port)
    app.child.kill('SIGUSR2')
    await sleep(200)
    process.kill(pid, 'SIGKILL')
    await eventually(async () => assert.equal(await filesBy(app, 'read'), 1))
    assert.equal(sum(await app.page(), 'gunicorn_worker_requests_total'), 3)
  })

  test('although it died while failed requests added label sets', async (context) => {
    const { app, port } = await started(context, 'none')
    const pid = await counted(port)
    let answered = 0
    const fail = async (): Promise<void> => {
      for (;;) {
        await get(port, '/fail')
        answered += 1
      }
    }
    for (let lane = 0; lane < 4; lane += 1) fail().catch(() => {})
    await eventually(() => assert.ok(answered > 20))
    process.kill(pid, 'SIGKILL')
    await eventually(async () => assert.equal(await filesBy(app, 'read'), 1))
    const page = await app.page()
    const failed = sum(page, 'gunicorn_worker_failed_requests_total')
    // Four answers can be under way, and the worker can have counted what no client got.
    assert.ok(Math.abs(failed - answered) <= 4, `${failed} of ${answered}`)
    assert.equal(sum(page, 'gunicorn_worker_requests_total'), failed + 3)
  })
})

test('A worker that the system does not start leaves no memory open', async (context) => {
  const { app, port } = await started(context, 'failed forks')
  await counted(port)
  assert.equal(memoriesOf(app.child.pid), withoutAddon ? 0 : 1)
})

describe('An application that takes the descriptor of the memory', { skip: withoutAddon }, () => {
  for (const act of ['close', 'reuse'] as const) {
    test(`(${act}) loses what no report has, and one line tells`, async (context) => {
      const { app, port } = await started(context, act)
      const pid = await counted(port)
      await eventually(async () =>
        assert.equal(sum(await app.page(), 'gunicorn_worker_requests_total'), 3),
      )
      process.kill(pid, 'SIGKILL')
      await eventually(async () => assert.equal(await filesBy(app, 'missing'), 1))
      assert.equal(sum(await app.page(), 'gunicorn_worker_requests_total'), 3)
      assert.match(app.stderr(), /^\S+ worker 1 .* was killed and left counts neither in memory/m)
      const open = readdirSync(`/proc/${app.child.pid}/fd`).map((descriptor) =>
        readlinkSync(`/proc/${app.child.pid}/fd/${descriptor}`),
      )
      assert.equal(open.filter((path) => path === '/dev/null').length >= 50, act === 'reuse')
    })
  }
})

for (const memory of ['true', 'false']) {
  test(`A limit of file sizes of 0 ends no service (memory ${memory})`, async (context) => {
    const env = { WORKERS: '1', GUNICORN_CRASH_MEMORY: memory }
    const through = ['sh', '-c', 'ulimit -f 0 && exec "$@"', 'sh']
    const directory = publicDirectory(context)
    const app = await startApp({
      file: 'apps/cluster/cluster.cjs',
      through,
      env: { ...env, PROMETHEUS_MULTIPROC_DIR: directory },
    })
    context.after(() => app.stop())
    const port = await app.ready()
    for (let request = 0; request < 10; request += 1) {
      assert.equal((await get(port, '/')).status, 200)
    }
    const { counts } = await eventually(async () => await reportedWorker(app))
    assert.equal(counts?.place, 'nowhere')
    await eventually(async () => {
      assert.equal(sum(await app.page(), 'gunicorn_worker_requests_total'), 10)
    })
    const { body: pid } = await get(port, '/pid')
    process.kill(Number(pid), 'SIGKILL')
    await eventually(async () => assert.equal(await filesBy(app, 'missing'), 1))
    assert.ok(sum(await app.page(), 'gunicorn_worker_requests_total') >= 10)
    assert.doesNotMatch(app.stderr(), /SIGXFSZ/)
    assert.equal(app.child.exitCode, null)
    assert.match(app.stderr(), /the worker loses its last second: EFBIG/)
  })
}

type Row = readonly [what: string, act: string, place: 'memory' | 'file', skip?: string | false]

async function started(context: TestContext, act: string) {
  const directory = publicDirectory(context)
  chmodSync(directory, 0o1777)
  const app = await startApp({
    file: 'apps/cluster/crash-memory.cjs',
    ...(act === 'no proc' && { through: withoutProc, cwd: '/' }),
    env: {
      ACT: act,
      PORT: String(await freePort()),
      PROMETHEUS_MULTIPROC_DIR: directory,
      GUNICORN_CRASH_FILES: 'response',
    },
  })
  context.after(() => app.stop())
  return { app, port: await app.ready(), directory }
}

async function reportedWorker(app: App): Promise<WorkerStatus> {
  const text = await fetchText(app.metricsUrl.replace(/metrics$/, 'status'))
  const { workers }: { readonly workers: readonly WorkerStatus[] } = JSON.parse(text)
  const [worker] = workers
  return worker?.reportAgeSeconds === null
    ? assert.fail('no report')
    : (worker ?? assert.fail(text))
}

/** Three requests. @returns the pid of the worker. */
async function counted(port: number): Promise<number> {
  for (let request = 0; request < 2; request += 1) await get(port, '/')
  return Number((await get(port, '/')).body)
}

async function filesBy(app: App, result: string): Promise<number> {
  return sum(await app.page(), 'gunicorn_exporter_crash_files_total', { result })
}
