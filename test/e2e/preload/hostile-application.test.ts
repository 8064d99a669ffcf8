import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  eventually,
  fixtures,
  nodeUnderTest,
  preloadFlags,
  startApp,
  startProgram,
} from '../../support/programs/app.ts'
import { idsIn, oneIn } from '../../support/programs/hang.ts'
import { get } from '../../support/programs/load.ts'
import { sum } from '../../support/prometheus/page.ts'

/*
 * Applications that replace functions of JavaScript and Node: with the preload, each answers and
 * ends as without the preload. The exporter may say in one line that it is off.
 */

/** Each broken when the server listens, in a primary with its worker. */
const clustered = [
  ...['performanceNow', 'mapGet', 'mapSet', 'setMethods', 'weakMap', 'jsonStringify'],
  ...['protoSetter', 'processMethods', 'reflect', 'promiseThen', 'objectMethods', 'asyncStorage'],
  ...['arrayMethods', 'globalObject'],
]
/** Each broken before the program listens, in a single process. */
const single = [
  ...['performanceNow', 'mapGet', 'mapSet', 'arrayIterator', 'objectToJson', 'promise'],
  ...['mockTimers', 'standardError', 'prepareStackTrace', 'typedArrays', 'globalObject'],
]
const rows = [
  ...clustered.map((name) => `${name} after clustered`),
  ...single.map((name) => `${name} before`),
]

describe('A hostile application', { concurrency: 6 }, () => {
  for (const row of rows) {
    test(`behaves as without the preload (${row})`, async () => {
      const [plain, preloaded] = await Promise.all([outcome(row, []), outcome(row, flags)])
      assert.deepEqual(preloaded, plain)
    })
  }

  test('can freeze the global object before the preload', async () => {
    const freezing = ['--require', join(fixtures, 'transparency/freezing.cjs')]
    const row = 'weakMap before'
    const [plain, preloaded] = await Promise.all([
      outcome(row, freezing),
      outcome(row, [...freezing, ...flags]),
    ])
    assert.deepEqual(preloaded, plain)
  })

  test('gets its answers while a method is broken, and the faults count', async () => {
    const app = await startApp({ file: 'apps/single/breaking.cjs' })
    try {
      const port = await app.ready()
      await get(port, '/')
      for (const method of ['add', 'delete', 'has']) {
        await get(port, `/break?of=Set&method=${method}`)
        for (let count = 0; count < 3; count += 1) {
          assert.deepEqual(await get(port, '/'), { status: 200, body: 'hello' })
        }
      }
      await eventually(async () => {
        assert.ok(sum(await app.page(), 'gunicorn_exporter_faults_total') > 0)
      })
      assert.equal(app.stderr(), '')
    } finally {
      await app.stop()
    }
  })
})

test('A process whose reports fail does not look hung, and its report age grows', async () => {
  const app = await startApp({ file: 'apps/single/breaking.cjs' })
  try {
    const port = await app.ready()
    await oneIn(app, 'running')
    await get(port, '/break?of=Map&method=get&ms=60000')
    await eventually(async () => {
      const page = await app.page()
      assert.ok(sum(page, 'gunicorn_worker_report_age_seconds') > 4)
      assert.ok(sum(page, 'gunicorn_exporter_reports_total', { result: 'refused' }) > 2)
    })
    assert.deepEqual(idsIn(await app.page(), 'hanging'), [])
  } finally {
    await app.stop()
  }
})

const flags = preloadFlags('require')

interface Outcome {
  readonly stdout: readonly string[]
  readonly stderr: string
  readonly end: unknown
}

async function outcome(row: string, nodeFlags: readonly string[]): Promise<Outcome> {
  const program = join(fixtures, 'transparency/hostile.cjs')
  const { stdout, stderr, ended } = startProgram(
    [nodeUnderTest, ...nodeFlags, program, ...row.split(' ')],
    { PROMETHEUS_METRICS_PORT: '0', PROMETHEUS_BIND_ADDRESS: '127.0.0.1' },
  )
  const end = await ended
  return { stdout: stdout().split('\n').sort(), stderr: comparable(stderr()), end }
}

/** Pids differ. The preload adds a line of its own, and frames to stacks of `process.emit`. */
function comparable(text: string): string {
  return text
    .replaceAll(/\(node:\d+\)/g, '(node:pid)')
    .replaceAll(/^gunicorn-prometheus-exporter: .*\n/gm, '')
    .replaceAll(/^ +at .*\n/gm, '')
}
