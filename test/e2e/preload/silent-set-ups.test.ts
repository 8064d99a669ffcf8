import assert from 'node:assert/strict'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { relayLimits } from '../../../src/limits/relay.ts'
import { version } from '../../../src/model/version.ts'
import {
  mainEntry,
  secondCopy,
  silentWorker,
  unpreloadedPrimary,
} from '../../../src/preload/advice/advice.ts'
import { eventually, preloadFlags, startApp, workingDirectory } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { sum } from '../../support/prometheus/page.ts'

/*
 * Set-ups that would show nothing, without a word. Each works, or one line says what to do.
 */

const root = join(import.meta.dirname, '../../..')
const line = (text: string): string =>
  `gunicorn-prometheus-exporter: ${text} Run \`npx gunicorn-prometheus-exporter doctor\`.\n`
const [, preload = ''] = preloadFlags('require')
const preloadedWorkers = 'apps/cluster/preloaded-workers.cjs'

describe('One line warns of', { concurrency: true }, () => {
  for (const [flag, WORKERS] of [
    ['--require', ''],
    ['--require', '2'],
    ['--import', ''],
  ] as const) {
    test(`the main entry as a preload (${flag}, ${WORKERS || 'no'} workers)`, async () => {
      const cwd = projectWithPackage()
      const nodeArgs = [flag, 'gunicorn-prometheus-exporter']
      const file = 'apps/metrics/orders.cjs'
      const app = await startApp({ file, preload: 'none', nodeArgs, cwd, env: { WORKERS } })
      try {
        await get(await app.ready(), '/')
        await eventually(() => assert.equal(app.stderr(), line(mainEntry)))
      } finally {
        await app.stop()
        rmSync(cwd, { recursive: true })
      }
    })
  }

  test('workers without the preload', async () => {
    const app = await startApp({ file: 'apps/cluster/bare-workers.cjs' })
    try {
      await get(await app.ready(), '/')
      await eventually(() => assert.equal(app.stderr(), line(silentWorker)))
    } finally {
      await app.stop()
    }
  })

  test('a primary without the preload', async () => {
    const env = { FLAGS: preloadFlags('require').join(' ') }
    const app = await startApp({ file: preloadedWorkers, preload: 'none', env })
    try {
      await get(await app.ready(), '/')
      await eventually(() => assert.equal(app.stderr(), line(unpreloadedPrimary)))
      // Both workers have had the time for a line.
      await sleep(1_000)
      assert.equal(app.stderr(), line(unpreloadedPrimary))
    } finally {
      await app.stop()
    }
  })

  test('a second version of the preload', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'second-copy-'))
    const other = join(cwd, 'register.cjs')
    cpSync(join(root, 'dist'), cwd, { recursive: true })
    writeFileSync(other, readFileSync(other, 'utf8').replaceAll(`"${version}"`, '"9.9.9"'))
    symlinkSync(join(root, 'node_modules'), join(cwd, 'node_modules'))
    const nodeArgs = ['--require', other]
    const app = await startApp({ file: 'apps/metrics/orders.cjs', nodeArgs })
    try {
      await get(await app.ready(), '/')
      await eventually(async () => assert.equal(sum(await app.page(), 'orders_total'), 1))
      assert.equal(app.stderr(), line(secondCopy([version, '9.9.9'])))
    } finally {
      await app.stop()
      rmSync(cwd, { recursive: true })
    }
  })
})

describe('No line warns of', { concurrency: true }, () => {
  const shared = mkdtempSync(join(tmpdir(), 'silent-shared-'))
  after(() => rmSync(shared, { recursive: true }))
  const primaries: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'that loads the preload late': { PRELOAD: preload },
    'beside a sidecar': { PROMETHEUS_SHARED_DIR: shared, SIDECAR_MODE: 'true' },
    'of a cluster under PM2': { pm_id: '0' },
    'of a cluster without an exporter': { GUNICORN_METRICS_EXPORTER: 'none' },
    'with the preload': { MODE: 'require' },
    'with the preload and without an exporter': {
      MODE: 'require',
      GUNICORN_METRICS_EXPORTER: 'none',
      WORKER_EXPORTER: 'prometheus',
    },
  }
  for (const [which, { MODE, ...variables }] of Object.entries(primaries)) {
    test(`a primary ${which}`, async () => {
      const env = { FLAGS: preloadFlags('require').join(' '), ...variables }
      const preload = MODE === 'require' ? MODE : 'none'
      const app = await startApp({ file: preloadedWorkers, preload, env })
      try {
        await app.ready()
        await sleep(relayLimits.reportTimeoutMs + 2_000)
        assert.equal(app.stderr(), '')
      } finally {
        await app.stop()
      }
    })
  }

  for (const order of ['before', 'after']) {
    test(`the main entry ${order} the preload`, async () => {
      const cwd = projectWithPackage()
      const entry = ['--require', 'gunicorn-prometheus-exporter']
      const register = ['--require', preload]
      const nodeArgs = order === 'before' ? [...entry, ...register] : [...register, ...entry]
      const file = 'apps/metrics/orders.cjs'
      const app = await startApp({ file, preload: 'none', nodeArgs, cwd })
      try {
        await get(await app.ready(), '/')
        await eventually(async () => assert.equal(sum(await app.page(), 'orders_total'), 1))
        assert.equal(app.stderr(), '')
      } finally {
        await app.stop()
        rmSync(cwd, { recursive: true })
      }
    })
  }
})

for (const WORKERS of ['', '1']) {
  const place = WORKERS ? 'a primary and its worker' : 'a single process'
  test(`A preload that ${place} load after listen() shows the servers`, async () => {
    const env = { WORKERS, PRELOAD: preload }
    const app = await startApp({ file: 'apps/single/late-preload.cjs', preload: 'none', env })
    try {
      const port = await app.ready()
      const loaded = WORKERS ? 2 : 1
      await eventually(() => assert.equal(app.stdout().match(/^loaded$/gm)?.length, loaded))
      for (let count = 0; count < 3; count += 1) await get(port, '/')
      await eventually(async () => {
        assert.equal(sum(await app.page(), 'gunicorn_worker_requests_total'), 3)
      })
      assert.equal(app.stderr(), '')
    } finally {
      await app.stop()
    }
  })
}

test('A preload that an ES module imports after a framework shows routes', async () => {
  const app = await startApp({ file: 'apps/single/late-import.mjs', preload: 'none' })
  try {
    const port = await app.ready()
    await get(port, '/items/a')
    await eventually(async () => {
      const route = { http_route: '/items/:id' }
      assert.equal(sum(await app.page(), 'http_server_request_duration_seconds_count', route), 1)
    })
    assert.equal(app.stderr(), '')
  } finally {
    await app.stop()
  }
})

/** A directory in which Node.js finds the package by its name. */
function projectWithPackage(): string {
  const directory = mkdtempSync(join(tmpdir(), 'silent-set-up-'))
  mkdirSync(join(directory, 'node_modules'))
  const name = 'node_modules/gunicorn-prometheus-exporter'
  const isInstalled = workingDirectory !== root
  symlinkSync(isInstalled ? join(workingDirectory, name) : root, join(directory, name))
  return directory
}
