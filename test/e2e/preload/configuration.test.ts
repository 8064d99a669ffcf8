import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import {
  cleanEnvironment,
  eventually,
  fetchText,
  freePort,
  nodeUnderTest,
  startApp,
} from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { command, startMaster } from '../../support/programs/master.ts'
import { parsePage, select } from '../../support/prometheus/page.ts'

const directory = await mkdtemp(join(tmpdir(), 'configuration-'))
const config = join(directory, 'config.yml')
/** Unsets the variables that `startApp` sets. */
const fromFile = { PROMETHEUS_METRICS_PORT: '', PROMETHEUS_BIND_ADDRESS: '' }

/**
 * Variables of Kubernetes, for a Service named redis, and of an application that uses Redis and
 * another master.
 */
const others = {
  REDIS_PORT: 'tcp://10.96.0.12:6379',
  REDIS_URL: 'redis://user:hunter2@redis:6379/0',
  REDIS_HOST: 'redis',
  WEB_CONCURRENCY: 'many',
}

after(() => rm(directory, { recursive: true }))

describe('The preload', () => {
  test('reads the file that the environment names, in the primary and in the workers', async () => {
    const port = await freePort()
    await writeFile(config, yaml(port, 'duration_buckets: [0.5, 2]'))
    const env = { ...fromFile, GUNICORN_PROMETHEUS_EXPORTER_CONFIG: config }
    const app = await startApp({ file: 'apps/cluster/cluster.cjs', env })
    try {
      await get(await app.ready(), '/')
      const page = await eventually(async () => {
        const samples = parsePage(await fetchText(`http://127.0.0.1:${port}/metrics`))
        assert.ok(select(samples, 'gunicorn_worker_request_duration_seconds_bucket').length > 0)
        return samples
      })
      const buckets = select(page, 'gunicorn_worker_request_duration_seconds_bucket')
      assert.deepEqual(
        new Set(buckets.map(({ labels }) => labels['le'])),
        new Set(['0.5', '2.0', '+Inf']),
      )
      const ids = select(page, 'gunicorn_worker_info').map(({ labels }) => labels['worker_id'])
      assert.ok(ids.includes('worker_1'), ids.join())
    } finally {
      await app.stop()
    }
  })

  test('reads the file in the working directory after the environment', async () => {
    const port = await freePort()
    const cwd = await mkdtemp(join(directory, 'cwd-'))
    await writeFile(join(cwd, 'gunicorn-prometheus-exporter.yml'), yaml(1, 'keep_worker_id: false'))
    const env = { ...fromFile, PROMETHEUS_METRICS_PORT: String(port) }
    const app = await startApp({ file: 'apps/single/single.cjs', env, cwd })
    try {
      await app.ready()
      const page = await eventually(() => app.page())
      assert.equal(select(page, 'gunicorn_worker_info')[0]?.labels['worker_id'], 'worker_1')
    } finally {
      await app.stop()
    }
  })

  test('ignores the variables of other programs without a message', async () => {
    const app = await startApp({ file: 'apps/single/single.cjs', env: others })
    try {
      await app.ready()
      await eventually(() => app.page())
      assert.equal(app.stderr(), '')
    } finally {
      await app.stop()
    }
  })

  const missing = join(directory, 'missing')
  const bomb = 'a: &a [x,x]\nb: &b [*a,*a]\nexporter: *b\n'
  type Row = readonly [
    title: string,
    text: string | undefined,
    env: object,
    parts: readonly string[],
  ]
  const rows: readonly Row[] = [
    [
      'a wrong port',
      undefined,
      { PROMETHEUS_METRICS_PORT: 'http' },
      ['PROMETHEUS_METRICS_PORT is "http"'],
    ],
    ['an unknown key', 'exporter:\n  port: 1\n', {}, ['exporter.port is not a known key']],
    ['a missing file', undefined, { GUNICORN_PROMETHEUS_EXPORTER_CONFIG: missing }, ['ENOENT']],
    [
      'half a TLS pair',
      undefined,
      { PROMETHEUS_SSL_CERTFILE: missing },
      ['PROMETHEUS_SSL_KEYFILE is not given'],
    ],
    [
      'a missing certificate',
      undefined,
      { PROMETHEUS_SSL_CERTFILE: missing, PROMETHEUS_SSL_KEYFILE: missing },
      ['PROMETHEUS_SSL_CERTFILE is', 'PROMETHEUS_SSL_KEYFILE is'],
    ],
    ['bad YAML', 'exporter: [\n', {}, ['config.yml: ']],
    ['an alias bomb', bomb, {}, ['config.yml: ']],
    [
      'the key __proto__',
      'exporter:\n  __proto__: 1\n',
      {},
      ['exporter.__proto__ is not a known key'],
    ],
    [
      'a negative interval',
      'exporter:\n  redis:\n    enabled: true\n    forward_interval: -1\n',
      {},
      ['exporter.redis.forward_interval is "-1"'],
    ],
    [
      'four faults',
      'exporter:\n  gunicorn:\n    workers: -1\n  port: 1\n',
      { PROMETHEUS_METRICS_PORT: 'http' },
      [
        'exporter.gunicorn.workers is "-1"',
        'exporter.port is not a known key',
        'PROMETHEUS_METRICS_PORT is "http"',
      ],
    ],
  ]
  for (const [title, text, env, parts] of rows) {
    test(`reports ${title} once on stderr, and the application still starts`, async () => {
      if (text !== undefined) await writeFile(config, text)
      const named = text === undefined ? {} : { GUNICORN_PROMETHEUS_EXPORTER_CONFIG: config }
      const app = await startApp({ file: 'apps/single/single.cjs', env: { ...named, ...env } })
      try {
        const port = await app.ready()
        assert.equal((await get(port, '/')).status, 200)
        const lines = await eventually(() => {
          const printed = app.stderr().trim().split('\n')
          assert.match(
            printed[0] ?? '',
            /^gunicorn-prometheus-exporter: the exporter is switched off: /,
          )
          return printed
        })
        assert.equal(lines.length, 1, app.stderr())
        for (const part of parts) assert.ok(lines[0]?.includes(part), app.stderr())
        assert.equal(app.stdout(), `ready ${port}\n`)
      } finally {
        await app.stop()
      }
    })
  }

  test('warns once of a setting that another setting makes ineffective', async () => {
    const env = { GUNICORN_CRASH_FILES: 'Response', PROMETHEUS_MULTIPROC_DIR: 'OFF' }
    const app = await startApp({ file: 'apps/cluster/cluster.cjs', cwd: directory, env })
    try {
      assert.equal((await get(await app.ready(), '/')).status, 200)
      const line = await eventually(() => {
        assert.match(app.stderr(), /GUNICORN_CRASH_FILES has no effect/)
        return app.stderr()
      })
      const reason = 'because PROMETHEUS_MULTIPROC_DIR is off. (GPE_SETTING_UNUSED)'
      assert.equal(
        line,
        `gunicorn-prometheus-exporter: GUNICORN_CRASH_FILES has no effect, ${reason}\n`,
      )
      assert.ok(!(await readdir(directory)).includes('OFF'))
    } finally {
      await app.stop()
    }
  })

  const silent: Record<string, Readonly<Record<string, string>>> = {
    'a fault': { PROMETHEUS_METRICS_PORT: 'http' },
    'an ignored value': { OTEL_METRIC_EXPORT_INTERVAL: 'often' },
  }
  for (const [title, env] of Object.entries(silent)) {
    test(`does not report ${title} if OTEL_LOG_LEVEL is none`, async () => {
      const app = await startApp({
        file: 'apps/single/single.cjs',
        env: { ...env, OTEL_LOG_LEVEL: 'none' },
      })
      const port = await app.ready()
      assert.equal((await get(port, '/')).status, 200)
      await app.stop()
      assert.equal(app.stderr(), '')
    })
  }
})

describe('The command check', () => {
  test('prints each setting and its source, and no secret', async () => {
    await writeFile(config, yaml(9_100, 'hooks: ./a.cjs'))
    const { code, stdout, stderr } = await check(['--config', config], {
      PROMETHEUS_AUTH_USERNAME: 'someone',
      PROMETHEUS_AUTH_PASSWORD: 'hunter2',
      REDIS_URL: 'redis://user:hunter2@host/0',
    })
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(
      stdout,
      /^PROMETHEUS_METRICS_PORT +9100 {2}\(exporter\.prometheus\.metrics_port\)$/m,
    )
    assert.match(stdout, /^PROMETHEUS_AUTH_USERNAME +someone {2}\(environment\)$/m)
    assert.match(stdout, /^PROMETHEUS_AUTH_PASSWORD +\*\*\* {2}\(environment\)$/m)
    assert.match(stdout, /^REDIS_URL +\*\*\* {2}\(environment\)$/m)
    assert.match(stdout, /^GUNICORN_WORKERS +1 {2}\(default\)$/m)
    assert.match(stdout, /^REDIS_SENTINELS +none {2}\(default\)$/m)
    assert.ok(stdout.startsWith(`File: ${config}\n`), stdout)
    assert.doesNotMatch(stdout, /hunter2/)
  })

  test('reports every fault, with exit code 2', async () => {
    await writeFile(config, 'exporter:\n  gunicorn:\n    workers: 0\n  other: 1\n')
    const { code, stdout, stderr } = await check(['-c', config], {
      REDIS_ENABLED: 'true',
      REDIS_PASSWORD: 'hunter2\n',
    })
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, /^gunicorn-prometheus-exporter: .*exporter\.other is not a known key/)
    assert.match(
      stderr,
      /^exporter\.gunicorn\.workers is "0"; allowed is .* or auto\. \(GPE_SETTING_VALUE\)$/m,
    )
    assert.match(stderr, /^REDIS_PASSWORD is not shown \(secret\); allowed is /m)
    assert.doesNotMatch(stderr, /hunter2/)
  })

  test('prints the variables that the preload ignores, and the values in use', async () => {
    await writeFile(config, 'exporter:\n')
    const { code, stdout, stderr } = await check(['-c', config], others)
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, /^REDIS_PORT +6379 {2}\(default\)$/m)
    assert.match(stdout, /^GUNICORN_WORKERS +1 {2}\(default\)$/m)
    assert.match(stdout, /^Note: REDIS_PORT has a value that is not allowed\. It is ignored, /m)
    assert.match(stdout, /^Note: WEB_CONCURRENCY has a value that is not allowed/m)
    assert.doesNotMatch(stdout, /hunter2|10\.96/)
  })

  test('refuses unknown options and prints its usage', async () => {
    assert.equal((await check(['--nothing'])).code, 2)
    assert.match((await check(['--nothing'])).stderr, /--nothing[\s\S]*Usage: /)
    const url = await check(['redis://user:hunter2@host'])
    assert.equal(url.code, 2)
    assert.match(url.stderr, /@host" is not an option of check[\s\S]*Usage: /)
    assert.doesNotMatch(url.stderr, /hunter2/)
    const { code, stdout } = await check(['--help'])
    assert.deepEqual(
      [code, stdout.split('\n')[0]],
      [0, 'Usage: gunicorn-prometheus-exporter check [options]'],
    )
  })
})

test('The master gives the file and the command line to its exporter and its workers', async () => {
  const port = await freePort()
  await writeFile(config, yaml(1, 'duration_buckets: [3]'))
  const master = await startMaster({
    options: ['-c', config, '--metrics-port', String(port)],
    env: fromFile,
  })
  try {
    const page = await eventually(async () => {
      const samples = parsePage(await fetchText(`http://127.0.0.1:${port}/metrics`))
      assert.ok(select(samples, 'gunicorn_worker_request_duration_seconds_bucket').length > 0)
      return samples
    })
    const buckets = select(page, 'gunicorn_worker_request_duration_seconds_bucket')
    assert.deepEqual(new Set(buckets.map(({ labels }) => labels['le'])), new Set(['3.0', '+Inf']))
  } finally {
    await master.stop()
  }
})

test('loadConfig gives read-only settings, or throws the faults', async () => {
  const program = `
    const { ConfigError, loadConfig } = require(${JSON.stringify(entry())})
    console.log(loadConfig({ metricsPort: 0 }).metricsPort, Object.isFrozen(loadConfig()))
    try { loadConfig({ metricsPort: -1, nothing: 1 }) }
    catch (error) { console.log(error instanceof ConfigError, error.code, error.faults.length) }`
  const { stdout, stderr } = await run(['-e', program], {})
  assert.equal(stderr, '')
  assert.equal(stdout, '0 true\ntrue GPE_CONFIG_REFUSED 2\n')
})

/** A configuration file with one more line at the top level. */
function yaml(port: number, line: string): string {
  return `exporter:
  prometheus:
    metrics_port: ${port}
    bind_address: 127.0.0.1
  worker_id: slot
  ${line}
`
}

interface Ended {
  readonly stdout: string
  readonly stderr: string
  readonly code: unknown
}

async function check(options: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return await run([command, 'check', ...options], env)
}

async function run(args: readonly string[], env: Record<string, string>): Promise<Ended> {
  return await new Promise((resolve) => {
    execFile(nodeUnderTest, args, { env: cleanEnvironment(env) }, (error, stdout, stderr) =>
      resolve({ stdout, stderr, code: error?.code ?? 0 }),
    )
  })
}

/** The main file of the package under test. */
function entry(): string {
  return join(command, '../index.cjs')
}
