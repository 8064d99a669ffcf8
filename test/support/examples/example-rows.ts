import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { readFile, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { endGroup, eventually, fetchText, startProgram } from '../programs/app.ts'
import { childrenOf } from '../programs/process-tree.ts'
import { parsePage, select, sum } from '../prometheus/page.ts'
import { need, otelcol } from '../tools.ts'
import type { ExampleRow, ExampleRun } from './check-example.ts'
import { shownCounts } from './shown-counts.ts'
import { readerEnvironment, type StartedExample, withPorts } from './started-example.ts'

/** The releases of Node with the hook of modules, whose routes and errors the READMEs show. */
const withHook = '22.23'

/** Each folder of examples. The slowest comes first, so that the others run beside it. */
export const exampleRows: Readonly<Record<string, ExampleRow>> = {
  next: { node: withHook },
  cluster: { workers: 2, inspect: outlivesWorker },
  collector: { workers: 2, prepare: runCollector, end: endWithLastPush },
  config: { workers: 2 },
  'custom-metrics': { workers: 2 },
  esm: { workers: 2 },
  express: {},
  fastify: {},
  hono: { node: withHook },
  http2: {},
  koa: {},
  nest: {},
  'own-sdk': { workers: 2 },
  pm2: { workers: 2, prepare: async () => ({ PM2_DISABLE_VERSION_CHECK: 'true' }), end: stopPm2 },
  'prom-client': {},
  'run-with-hooks': { workers: 2, inspect: reload },
  single: {},
  typescript: {},
  'worker-threads': {},
}

/** The counts stay on the page when a worker is killed, and another worker replaces the worker. */
async function outlivesWorker({ readme }: ExampleRun, example: StartedExample): Promise<void> {
  const before = shownCounts(parsePage(await example.sh(readme.show)))
  const [victim] = select(await example.page(), 'gunicorn_worker_info')
  process.kill(Number(victim?.labels['pid']), 'SIGKILL')
  await eventually(async () => {
    const page = await example.page()
    assert.equal(sum(page, 'gunicorn_worker_restart_total', { reason: 'sigkill' }), 1)
    assert.equal(sum(page, 'gunicorn_worker_listening'), 2)
  })
  assert.deepEqual(shownCounts(parsePage(await example.sh(readme.show))), before)
}

/** The block after the requests sends HUP. The log then has the lines of the README. */
async function reload({ readme }: ExampleRun, example: StartedExample): Promise<void> {
  const before = shownCounts(parsePage(await example.sh(readme.show)))
  const [command = ''] = readme.others
  await example.sh(command)
  await eventually(() => {
    for (const line of readme.log) {
      assert.match(example.log(), new RegExp(`^${line.replace(/\d{3,}/, '\\d+')}$`, 'm'))
    }
  })
  assert.equal(readme.log.length, 4)
  assert.deepEqual(shownCounts(parsePage(await example.sh(readme.show))), before)
}

/** `npm stop` ends all processes, and PM2's daemon. */
async function stopPm2({ readme, directory }: ExampleRun, example: StartedExample): Promise<void> {
  const daemon = Number(readFileSync(join(directory, '.pm2/pm2.pid'), 'utf8'))
  assert.equal(childrenOf(daemon).length, 3)
  const [command = ''] = readme.others
  await example.sh(command)
  await example.end('SIGINT')
}

/** Runs the command of the README with the Collector of the tests. */
async function runCollector(run: ExampleRun): Promise<Record<string, string> | undefined> {
  const { context, directory, ports, readme } = run
  const path = need(context, otelcol())
  if (path === undefined) return undefined
  await symlink(path, join(directory, 'otelcol'))
  const file = join(directory, 'collector.yaml')
  await writeFile(file, withPorts(await readFile(file, 'utf8'), ports))
  const [command = ''] = readme.others
  const { PATH = '' } = readerEnvironment({})
  const env = { PATH: [directory, PATH].join(delimiter) }
  const { child } = startProgram(['sh', '-c', command], env, directory)
  context.after(() => endGroup(child))
  return { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${ports.get('4318')}` }
}

/** Ctrl-C right after a request: the Collector has the count. */
async function endWithLastPush({ ports }: ExampleRun, example: StartedExample): Promise<void> {
  const orders = async (): Promise<number> => {
    const text = await fetchText(`http://127.0.0.1:${ports.get('8889')}/metrics`)
    const samples = text.split('\n').filter((line) => line.startsWith('orders_total{'))
    return sum(parsePage(samples.join('\n')), 'orders_total')
  }
  const before = await orders()
  await example.sh('curl -s -X POST localhost:8000/orders')
  await example.end('SIGINT')
  await eventually(async () => assert.equal(await orders(), before + 1))
}
