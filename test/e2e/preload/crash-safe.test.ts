import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { crashFiles, writtenRequests } from '../../support/crash-file/written-requests.ts'
import {
  type App,
  eventually,
  fetchText,
  startApp,
  withCluster,
} from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { type Sample, select, sum } from '../../support/prometheus/page.ts'
import { Random } from '../../support/random.ts'

const directory = mkdtempSync(join(tmpdir(), 'crash-safe-'))
after(() => rmSync(directory, { recursive: true }))
/** The number of kills under load. The variable allows more. */
const kills = Number(process.env['CRASH_KILLS'] ?? 25)

describe('what a worker has counted is there when it dies at once by', () => {
  for (const signal of ['SIGKILL', 'SIGABRT', 'SIGSEGV', 'SIGTERM'] as const) {
    test(signal, async () => {
      const own = newDirectory()
      await withCluster(
        { WORKERS: '1', GUNICORN_CRASH_MEMORY: 'off', PROMETHEUS_MULTIPROC_DIR: own },
        async (app, port) => {
          const { body: pid } = await get(port, '/pid')
          await get(port, '/size?bytes=5000')
          await get(port, '/fail/1').then(({ status }) => assert.equal(status, 500))
          await written(own, 3)
          process.kill(Number(pid), signal)
          const dead = await eventually(async () => {
            const page = await app.page()
            assert.equal(filesBy(page, 'read'), 1)
            return await workerOf(app, pid)
          })
          const page = await app.page()
          const only = { worker_id: dead }
          const name = (end: string): string => `gunicorn_worker_${end}`
          assert.equal(sum(page, name('requests_total'), only), 3)
          assert.equal(sum(page, name('responses_total'), { ...only, status_code: '200' }), 2)
          assert.equal(sum(page, name('responses_total'), { ...only, status_code: '500' }), 1)
          const failed = { ...only, endpoint: '/fail/:id', error_type: '500' }
          assert.equal(sum(page, name('failed_requests_total'), failed), 1)
          for (const histogram of [
            'request_duration_seconds',
            'request_size_bytes',
            'response_size_bytes',
          ]) {
            assert.equal(sum(page, name(`${histogram}_count`), only), 3)
            assert.equal(sum(page, name(`${histogram}_bucket`), { ...only, le: '+Inf' }), 3)
          }
          assert.equal(sum(page, name('response_size_bytes_sum'), only), pid.length + 5_000)
        },
      )
    })
  }
})

test(`${kills} workers killed under load take nothing along but what was under way`, async () => {
  const env = {
    WORKERS: '4',
    GUNICORN_CRASH_MEMORY: 'off',
    PROMETHEUS_MULTIPROC_DIR: newDirectory(),
  }
  await withCluster(env, async (app, port) => {
    const client = new Client(port, 24)
    const killed = await killUnderLoad(client)
    const page = await settledPage(app, client, killed)
    const counted = sum(page, 'gunicorn_worker_requests_total')
    const completed = [...client.completed.values()].reduce((total, count) => total + count, 0)
    const difference = counted - completed
    process.stdout.write(
      `# ${kills} kills: ${completed} responses at the client, ${counted} counted, ` +
        `difference ${difference}, ${client.cut} connections cut\n`,
    )
    assert.ok(
      Math.abs(difference) <= client.cut,
      `${difference} of ${completed}, ${client.cut} cut`,
    )
    assert.ok(client.cut > 0 && completed > 20 * kills, 'there was no load to speak of')
    assert.equal(sum(page, 'gunicorn_worker_request_duration_seconds_count'), counted)
    assert.equal(sum(page, 'gunicorn_worker_responses_total'), counted)
    assert.equal(sum(page, 'http_server_request_duration_seconds_count'), counted)
    assert.equal(filesBy(page, 'refused'), 0)
  })
})

describe('what is no crash file of the worker', () => {
  const rows: readonly (readonly [what: string, bytes: Buffer])[] = [
    ['a text', Buffer.from('not counted')],
    ['zeros', Buffer.alloc(100_000)],
    ['more than any worker writes', Buffer.alloc(5_000_000, 'GPXC')],
  ]
  for (const [what, bytes] of rows) {
    test(`${what}: is refused, counted, and changes no number`, async () => {
      const own = newDirectory()
      await withCluster(
        { WORKERS: '1', GUNICORN_CRASH_MEMORY: 'off', PROMETHEUS_MULTIPROC_DIR: own },
        async (app, port) => {
          const { body: pid } = await get(port, '/pid')
          await eventually(async () =>
            assert.equal(sum(await app.page(), 'gunicorn_worker_requests_total'), 1),
          )
          const [file = ''] = crashFiles(own)
          writeFileSync(`${file}.new`, bytes)
          renameSync(`${file}.new`, file)
          process.kill(Number(pid), 'SIGKILL')
          await eventually(async () => assert.equal(filesBy(await app.page(), 'refused'), 1))
          assert.equal(sum(await app.page(), 'gunicorn_worker_requests_total'), 1)
          assert.deepEqual(crashFiles(own).includes(file), false)
        },
      )
    })
  }
})

describe('where files cannot be written', () => {
  test('a directory that cannot be made: one warning, and everything else works', async () => {
    await withCluster(
      { WORKERS: '2', GUNICORN_CRASH_MEMORY: 'off', PROMETHEUS_MULTIPROC_DIR: '/proc' },
      async (app, port) => {
        await get(port, '/')
        await eventually(async () =>
          assert.equal(sum(await app.page(), 'gunicorn_worker_requests_total'), 1),
        )
        const line =
          /^gunicorn-prometheus-exporter: the directory for crash files cannot be made, .*\n$/
        assert.match(app.stderr(), line)
      },
    )
  })

  test('files that may not grow: one warning, counted, and everything else works', async () => {
    const own = newDirectory()
    const through = ['sh', '-c', 'ulimit -f 64 && exec "$@"', 'sh']
    const env = { WORKERS: '1', GUNICORN_CRASH_MEMORY: 'off', PROMETHEUS_MULTIPROC_DIR: own }
    const app = await startApp({ file: 'apps/cluster/cluster.cjs', env, through })
    try {
      const port = await app.ready()
      for (let count = 0; count < 10; count += 1) await get(port, '/')
      await eventually(async () => {
        const page = await app.page()
        assert.equal(sum(page, 'gunicorn_worker_requests_total'), 10)
        // Each attempt counts.
        assert.ok(sum(page, 'gunicorn_exporter_faults_total', { component: 'crash_file' }) > 0)
      })
      const { body: pid } = await get(port, '/pid')
      process.kill(Number(pid), 'SIGKILL')
      await eventually(async () => assert.equal(endsOf(await app.page()), 1))
      const page = await app.page()
      assert.deepEqual(
        ['read', 'missing', 'refused'].map((result) => filesBy(page, result)),
        [1, 0, 0],
      )
      // The file holds fewer requests than the last report: the file must not lower the count.
      assert.equal(sum(page, 'gunicorn_worker_requests_total'), 10)
      assert.equal(app.stderr().match(/the worker loses its last second: /g)?.length, 1)
    } finally {
      await app.stop()
    }
  })

  test('`off`: no file, no warning, no figure', async () => {
    await withCluster({ WORKERS: '1', PROMETHEUS_MULTIPROC_DIR: 'off' }, async (app, port) => {
      await get(port, '/')
      await eventually(async () =>
        assert.equal(sum(await app.page(), 'gunicorn_worker_requests_total'), 1),
      )
      assert.deepEqual(select(await app.page(), 'gunicorn_exporter_crash_files_total'), [])
      assert.equal(app.stderr(), '')
    })
  })
})

describe('the files', () => {
  for (const [value, left] of [
    ['true', 0],
    ['false', 1],
  ] as const) {
    test(`CLEANUP_DB_FILES=${value}: ${left} of a dead worker's are left`, async () => {
      const own = newDirectory()
      const env = {
        WORKERS: '1',
        GUNICORN_CRASH_MEMORY: 'off',
        PROMETHEUS_MULTIPROC_DIR: own,
        CLEANUP_DB_FILES: value,
      }
      await withCluster(env, async (app, port) => {
        const { body: pid } = await get(port, '/pid')
        const [file = ''] = crashFiles(own)
        process.kill(Number(pid), 'SIGKILL')
        await eventually(async () => assert.equal(filesBy(await app.page(), 'read'), 1))
        assert.equal(crashFiles(own).filter((each) => each === file).length, left)
      })
    })
  }
})

/**
 * Kills whoever answers, time and again; ends the load in any case.
 * @returns the pids of those that it killed.
 */
async function killUnderLoad(client: Client): Promise<Set<string>> {
  const random = new Random(4)
  const killed = new Set<string>()
  try {
    while (killed.size < kills) {
      const pid = await eventually(() => {
        const living = client.takeAnswering().filter((each) => !killed.has(each))
        // With its last worker a cluster loses its port.
        return living.length > 1 ? random.pick(living) : assert.fail('too few answer')
      })
      process.kill(Number(pid), 'SIGKILL')
      killed.add(pid)
      await sleep(random.below(300))
    }
  } finally {
    await client.stop()
  }
  return killed
}

/**
 * Keeps connections busy and remembers which worker answered how often; a connection that is cut is
 * made again.
 */
class Client {
  /** By the pid of the worker. */
  readonly completed = new Map<string, number>()
  cut = 0
  readonly #port: number
  readonly #lanes: readonly Promise<void>[]
  #answering = new Set<string>()
  #isOn = true

  constructor(port: number, connections: number) {
    this.#port = port
    this.#lanes = Array.from({ length: connections }, () => this.#lane())
  }

  /** The workers that have responded since the last call. */
  takeAnswering(): string[] {
    const answering = [...this.#answering]
    this.#answering = new Set()
    return answering
  }

  /** Resolves after every open request is complete. */
  async stop(): Promise<void> {
    this.#isOn = false
    await Promise.all(this.#lanes)
  }

  async #lane(): Promise<void> {
    while (this.#isOn) {
      // Connections stay with their worker: without new ones the youngest workers would have none.
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      for (let count = 0; count < 300 && this.#isOn; count += 1) await this.#count(agent)
      agent.destroy()
    }
  }

  async #count(agent: Agent): Promise<void> {
    try {
      const pid = await this.#ask(agent)
      this.completed.set(pid, (this.completed.get(pid) ?? 0) + 1)
      this.#answering.add(pid)
    } catch {
      this.cut += 1
    }
  }

  async #ask(agent: Agent): Promise<string> {
    const message = request({
      host: '127.0.0.1',
      port: this.#port,
      path: '/pid',
      agent,
      timeout: 10_000,
    })
    // No worker owns a connection that a dying worker got.
    message.once('timeout', () => message.destroy(new Error('no answer')))
    message.end()
    const [response] = await once(message, 'response')
    let body = ''
    for await (const data of response) body += String(data)
    return body
  }
}

/** Waits until the page counts every end and every report. */
async function settledPage(
  app: App,
  client: Client,
  killed: ReadonlySet<string>,
): Promise<Sample[]> {
  return await eventually(async () => {
    const page = await app.page()
    assert.equal(
      filesBy(page, 'read') + filesBy(page, 'missing') + filesBy(page, 'refused'),
      killed.size,
    )
    for (const [pid, count] of client.completed) {
      if (killed.has(pid)) continue
      const only = { worker_id: await workerOf(app, pid) }
      assert.equal(sum(page, 'gunicorn_worker_requests_total', only), count)
    }
    return page
  })
}

/** The id of a worker. The `gunicorn_worker_info` of a dead worker has left the page. */
async function workerOf(app: App, pid: string): Promise<string> {
  const status = JSON.parse(await fetchText(app.metricsUrl.replace('/metrics', '/status')))
  const all: { pid: number; workerId: string }[] = [...status.workers, ...status.deaths]
  const worker = all.find((each) => each.pid === Number(pid))
  return worker?.workerId ?? assert.fail(`no worker has the pid ${pid}`)
}

function filesBy(page: readonly Sample[], result: string): number {
  return sum(page, 'gunicorn_exporter_crash_files_total', { result })
}

/** The number of workers that have ended. */
function endsOf(page: readonly Sample[]): number {
  return sum(page, 'gunicorn_master_worker_restart_total', { reason: 'chld' })
}

function newDirectory(): string {
  return mkdtempSync(join(directory, 'own-'))
}

/**
 * Waits until the only worker's file says that so many requests have ended: who has the answer may
 * be faster than what the worker does after it has answered.
 */
async function written(parent: string, requests: number): Promise<void> {
  await eventually(() => assert.deepEqual([...writtenRequests(parent).values()], [requests]))
}
