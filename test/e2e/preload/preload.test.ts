import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { get } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import {
  type App,
  type AppOptions,
  eventually,
  fetchText,
  fixtures,
  freePort,
  nodeUnderTest,
  type Preload,
  preloadFlags,
  startApp,
} from '../../support/programs/app.ts'
import { type Sample, select, sum } from '../../support/prometheus/page.ts'

const preloads: readonly Preload[] = ['require', 'import', 'NODE_OPTIONS']
const formats = ['cjs', 'mjs'] as const
const nodeVersion = execFileSync(nodeUnderTest, ['--version'], { encoding: 'utf8' }).trim()

for (const preload of preloads) {
  for (const format of formats) {
    const application = format === 'cjs' ? 'a CommonJS application' : 'an ES module application'
    describe(`${preload} before ${application}`, { concurrency: true }, () => {
      it('shows every worker of a cluster and all their requests', async (t) => {
        const app = await start(t, { file: `apps/cluster/cluster.${format}`, preload })
        const sent = await request(await app.ready())
        const page = await pageWith(app, sent)
        const workers = select(page, 'gunicorn_worker_info')
        assert.equal(workers.length, 2)
        assert.deepEqual(
          new Set(workers.map(({ labels }) => labels['node_version'])),
          new Set([nodeVersion]),
        )
        assert.equal(sum(page, 'gunicorn_master_workers', { state: 'live' }), 2)
        assert.equal(sum(page, 'gunicorn_worker_responses_total', { status_code: '200' }), sent)
        assert.equal(sum(page, 'gunicorn_worker_request_duration_seconds_count'), sent)
        assertSameWorkers(page, workers)
      })

      it('shows a server that is a process of its own', async (t) => {
        const app = await start(t, { file: `apps/single/single.${format}`, preload })
        const sent = await request(await app.ready())
        const page = await pageWith(app, sent)
        const workers = select(page, 'gunicorn_worker_info')
        assert.deepEqual(
          workers.map(({ labels }) => labels['pid']),
          [String(app.child.pid)],
        )
        assert.match(String(workers[0]?.labels['worker_id']), /^worker_1_\d+$/)
        assert.equal(sum(page, 'gunicorn_worker_request_duration_seconds_count'), sent)
        assertSameWorkers(page, workers)
      })

      it('leaves a process alone that never listens', async (t) => {
        const options = { file: `apps/single/silent.${format}` }
        const [alone, preloaded] = await Promise.all([
          runSilently(t, { ...options, preload: 'none' }),
          runSilently(t, { ...options, preload }),
        ])
        assert.deepEqual(preloaded.resources, alone.resources)
        assert.deepEqual(preloaded.loaded, alone.loaded)
      })

      it('shows what was measured before anything listened', async (t) => {
        const app = await start(t, { file: `apps/metrics/early-instruments.${format}`, preload })
        await app.ready()
        await eventually(async () => {
          const page = await app.page()
          assert.equal(sum(page, 'app_jobs_total', { kind: 'early' }), 3)
          assert.equal(sum(page, 'app_depth'), 7)
        })
      })
    })
  }
}

describe('The preload', { concurrency: true }, () => {
  for (const format of formats) {
    it(`sees a TLS server (${format})`, async (t) => {
      const app = await start(t, { file: `apps/single/https.${format}`, preload: 'import' })
      const port = await app.ready()
      for (let count = 0; count < 5; count += 1) await requestTls(port)
      await pageWith(app, 5)
    })

    it(`counts once though it is loaded twice (${format})`, async (t) => {
      for (const shape of ['cluster', 'single']) {
        const app = await start(t, {
          file: `apps/${shape}/${shape}.${format}`,
          preload: 'require',
          nodeArgs: preloadFlags('import'),
        })
        const sent = await request(await app.ready())
        const page = await pageWith(app, sent)
        assert.equal(select(page, 'gunicorn_worker_info').length, shape === 'cluster' ? 2 : 1)
        assert.equal(app.stderr(), '')
        await app.stop()
      }
    })

    it(`adds up what the workers measured before they listened (${format})`, async (t) => {
      const env = { WORKERS: '3' }
      const app = await start(t, { file: `apps/metrics/early-instruments.${format}`, env })
      await app.ready()
      await eventually(async () => {
        const page = await app.page()
        assert.equal(select(page, 'app_jobs_total').length, 1)
        assert.equal(sum(page, 'app_jobs_total', { kind: 'early' }), 9)
        assert.equal(select(page, 'app_depth').length, 3)
      })
    })
  }
})

async function start(t: TestContext, options: AppOptions): Promise<App> {
  const app = await startApp(options)
  t.after(app.stop)
  return app
}

/**
 * Sends requests, each over a connection of its own; resolves with how many. An odd number: what is
 * counted twice is even in every worker, and no page on the way there can look right.
 */
async function request(port: number): Promise<number> {
  const count = 21
  const url = `http://127.0.0.1:${port}/`
  for (let sent = 0; sent < count; sent += 1) await fetchText(url, { connection: 'close' })
  return count
}

const ca = readFileSync(join(fixtures, 'tls/localhost.crt'))

function requestTls(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, ca, agent: false }, (response) => {
      response.resume().on('end', resolve)
    }).on('error', reject)
  })
}

/** Waits until the page shows this number of requests. */
function pageWith(app: App, requests: number): Promise<Sample[]> {
  return eventually(async () => {
    const page = await app.page()
    assert.equal(sum(page, 'gunicorn_worker_requests_total'), requests)
    return page
  })
}

/** Checks that all metrics of workers have the same workers. */
function assertSameWorkers(page: readonly Sample[], workers: readonly Sample[]): void {
  const known = new Set(workers.map(({ labels }) => labels['worker_id']))
  const named = page.flatMap(({ labels }) => labels['worker_id'] ?? [])
  assert.deepEqual(new Set(named), known)
}

interface Seen {
  /** Active resources of the process. */
  readonly resources: readonly string[]
  /** CommonJS modules that it had loaded, but for the preload itself. */
  readonly loaded: readonly string[]
}

/** Runs a program that prints nothing on stderr and opens no metrics port. */
async function runSilently(t: TestContext, { file, preload = 'none' }: AppOptions): Promise<Seen> {
  const directory = await mkdtemp(join(tmpdir(), 'silent-'))
  t.after(() => rm(directory, { recursive: true }))
  const findings = join(directory, 'findings.json')
  const port = await freePort()
  const env = { PROMETHEUS_METRICS_PORT: String(port) }
  const app = await start(t, { file, preload, args: [findings], env })
  const isRunning = (): boolean => app.child.exitCode === null && app.child.signalCode === null
  while (isRunning()) assert.equal(await isListening(port), false)
  assert.deepEqual(await app.ended, { code: 0, signal: null })
  assert.equal(app.stdout(), '')
  assert.equal(app.stderr(), '')
  const { resources, loaded } = JSON.parse(await readFile(findings, 'utf8')) as Seen
  return { resources, loaded: loaded.filter((name) => !basename(name).startsWith('register.')) }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const answer = (isOpen: boolean): void => {
      socket.destroy()
      setTimeout(resolve, 20, isOpen)
    }
    socket.once('error', () => answer(false))
    // A socket that happens to take the very port it connects to is connected to itself.
    socket.once('connect', () => answer(socket.localPort !== port))
  })
}
