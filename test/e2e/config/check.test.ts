import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { withoutCodes } from '../../support/config/sentences.ts'
import { cleanEnvironment, nodeUnderTest } from '../../support/programs/app.ts'
import { command } from '../../support/programs/master.ts'

const directory = await mkdtemp(join(tmpdir(), 'check-'))
const config = join(directory, 'config.yml')
const missing = join(directory, 'missing')

after(() => rm(directory, { recursive: true }))

interface Ended {
  readonly stdout: string
  readonly stderr: string
  readonly code: unknown
}

type Environment = Readonly<Record<string, string>>

async function run(args: readonly string[], env: Environment = {}): Promise<Ended> {
  return await new Promise((resolve) => {
    const options = { env: cleanEnvironment(env), cwd: directory }
    execFile(nodeUnderTest, [command, ...args], options, (error, stdout, stderr) =>
      resolve({ stdout, stderr, code: error?.code ?? 0 }),
    )
  })
}

/** Faults of every kind: single values, combinations, the structure of the file, and files. */
const faulty: Environment = {
  PROMETHEUS_METRICS_PORT: 'http',
  PROMETHEUS_SSL_CERTFILE: missing,
  PROMETHEUS_AUTH_USERNAME: 'admin',
  PROMETHEUS_AUTH_PASSWORT: 'hunter2',
  PROMETHEUS_AUTH_BEARER_TOKEN_FILE: missing,
  REDIS_ENABLED: 'true',
  REDIS_URL: 'redis://user:hunter2@host',
  REDIS_SENTINEL_NAME: 'mymaster',
  REDIS_SSL_CAFILE: missing,
}
const faultyFile = `exporter:
  gunicorn:
    workers: many
    timeuot: 3
  redis:
    host: other
    password:
  hooks: [[a]]
`
/** The start of each fault. */
const everyFault = [
  `${config}: exporter.gunicorn.timeuot is not a known key; did you mean exporter.gunicorn.timeout`,
  `${config}: exporter.redis.password is left empty;`,
  `${config}: exporter.hooks is a list with sections or lists in it;`,
  'PROMETHEUS_METRICS_PORT is "http";',
  'exporter.gunicorn.workers is "many";',
  'PROMETHEUS_AUTH_PASSWORT is not a variable of this package; did you mean ',
  'PROMETHEUS_SSL_KEYFILE is not given; PROMETHEUS_SSL_CERTFILE requires',
  'exporter.redis.host and REDIS_URL are both given;',
  'REDIS_SENTINELS is not given; REDIS_SENTINEL_NAME requires',
  'REDIS_SSL is not given; REDIS_SSL_CAFILE requires',
  `PROMETHEUS_AUTH_BEARER_TOKEN_FILE is "${missing}": ENOENT`,
  `PROMETHEUS_SSL_CERTFILE is "${missing}": ENOENT`,
  `REDIS_SSL_CAFILE is "${missing}": ENOENT`,
]

function assertEveryFault(faults: readonly string[]): void {
  for (const start of everyFault) {
    assert.ok(
      faults.some((fault) => fault.startsWith(start)),
      `${start}\n\n${faults.join('\n')}`,
    )
  }
  assert.equal(faults.length, everyFault.length, faults.join('\n'))
  assert.doesNotMatch(faults.join(), /hunter2/)
}

describe('One run shows every fault, of values, combinations, the file and other files:', () => {
  const commands: readonly (readonly string[])[] = [
    ['check'],
    ['run', '--check-config'],
    ['serve', '--check-config'],
  ]
  for (const args of commands) {
    test(args.join(' '), async () => {
      await writeFile(config, faultyFile)
      const { code, stdout, stderr } = await run([...args, '--config', config], faulty)
      assert.deepEqual([code, stdout], [2, ''])
      assertEveryFault(
        stderr
          .trim()
          .replace(/^gunicorn-prometheus-exporter: /, '')
          .split('\n'),
      )
    })
  }

  test('loadConfig', async () => {
    await writeFile(config, faultyFile)
    const entry = JSON.stringify(join(command, '../index.cjs'))
    const program = `
      try { require(${entry}).loadConfig({ config: ${JSON.stringify(config)}, metricPort: 1 }) }
      catch (error) { console.log(JSON.stringify(error.faults)) }`
    const { stdout } = await runProgram(program, faulty)
    const faults = (JSON.parse(stdout) as string[]).map(withoutCodes)
    const option = 'metricPort is not an option; did you mean metricsPort?'
    assert.ok(faults.includes(option), stdout)
    assertEveryFault(faults.filter((fault) => fault !== option))
  })

  test('every syntax error of the file, and the faults of the environment', async () => {
    const lines = ['a: &x 1', 'b: &y 2', 'exporter:', '  hooks: &z c']
    await writeFile(config, `${lines.join('\n')}\n`)
    const { stderr } = await run(['check', '-c', config], { PROMETHEUS_METRICS_PORT: 'http' })
    for (const line of [1, 2, 4]) assert.ok(stderr.includes(`line ${line} has an anchor`), stderr)
    assert.match(stderr, /PROMETHEUS_METRICS_PORT is "http"/)
    await writeFile(config, 'exporter:\n  hooks: a\n  hooks: b\n  worker_id: a\n  worker_id: b\n')
    const repeated = await run(['check', '-c', config])
    assert.equal(repeated.stderr.match(/unique/g)?.length, 2, repeated.stderr)
  })

  test('a file that cannot be read hides no other fault, and nothing in it is missed', async () => {
    const env = { PROMETHEUS_METRICS_PORT: 'http', PROMETHEUS_AUTH_USERNAME: 'admin' }
    const { stderr } = await run(['check', '-c', missing], env)
    assert.match(stderr, /missing: ENOENT/)
    assert.match(stderr, /PROMETHEUS_METRICS_PORT is "http"/)
    // The password can be in the file.
    assert.doesNotMatch(stderr, /PASSWORD/)
  })
})

interface Notice {
  readonly key: string
  readonly got: string | null
  readonly allowed: string | null
  readonly message: string
}

interface Report {
  readonly valid: boolean
  readonly on: boolean
  readonly file: string | null
  readonly settings: readonly {
    readonly variable: string | null
    readonly key: string | null
    readonly option: string
    readonly value: unknown
    readonly source: { readonly kind: string; readonly name: string | null }
  }[]
  readonly warnings: readonly Notice[]
  readonly notes: readonly Notice[]
  readonly errors: readonly Notice[]
}

describe('check --json', () => {
  test('prints settings with values and sources, warnings and notes', async () => {
    await writeFile(config, 'exporter:\n  duration_buckets: [1, 2]\n')
    const { code, stdout, stderr } = await run(['check', '--json', '-c', config], {
      PROMETHEUS_METRIC_PORT: '1',
      PROMETHEUS_AUTH_USERNAME: 'u',
      PROMETHEUS_AUTH_PASSWORD: 'hunter2',
      REDIS_PORT: 'tcp://10.96.0.12:6379',
      OTEL_LOG_LEVEL: 'loud',
      OTEL_RESOURCE_ATTRIBUTES: 'a',
    })
    assert.deepEqual([code, stderr], [0, ''])
    const report: Report = JSON.parse(stdout)
    const setting = (variable: string): unknown =>
      report.settings.find((each) => each.variable === variable)
    assert.deepEqual([report.valid, report.on, report.file], [true, true, config])
    assert.deepEqual(setting('PROMETHEUS_METRICS_PORT'), {
      variable: 'PROMETHEUS_METRICS_PORT',
      key: 'exporter.prometheus.metrics_port',
      option: 'metricsPort',
      value: 9_091,
      source: { kind: 'default', name: null },
    })
    assert.deepEqual(setting('GUNICORN_DURATION_BUCKETS'), {
      variable: 'GUNICORN_DURATION_BUCKETS',
      key: 'exporter.duration_buckets',
      option: 'durationBuckets',
      value: [1, 2],
      source: { kind: 'file', name: 'exporter.duration_buckets' },
    })
    assert.deepEqual(setting('PROMETHEUS_AUTH_PASSWORD'), {
      variable: 'PROMETHEUS_AUTH_PASSWORD',
      key: 'exporter.prometheus.auth.password',
      option: 'authPassword',
      value: '***',
      source: { kind: 'environment', name: 'PROMETHEUS_AUTH_PASSWORD' },
    })
    assert.deepEqual(report.warnings.map(({ key, got }) => [key, got]).sort(), [
      ['OTEL_LOG_LEVEL', '"loud"'],
      ['OTEL_RESOURCE_ATTRIBUTES', '"a"'],
      ['PROMETHEUS_METRIC_PORT', null],
    ])
    assert.deepEqual(
      report.notes.map(({ key }) => key),
      ['REDIS_PORT'],
    )
    assert.deepEqual(report.errors, [])
    assert.doesNotMatch(stdout, /hunter2/)
  })

  test('prints every error with key, value and allowed values, and ends with code 2', async () => {
    await writeFile(config, faultyFile)
    const { code, stdout, stderr } = await run(['check', '--json', '-c', config], faulty)
    assert.deepEqual([code, stderr], [2, ''])
    const report: Report = JSON.parse(stdout)
    assert.deepEqual([report.valid, report.on], [false, false])
    assertEveryFault(report.errors.map(({ message }) => message))
    const byKey = new Map(report.errors.map((error) => [error.key, error]))
    const port = byKey.get('PROMETHEUS_METRICS_PORT')
    assert.deepEqual([port?.got, port?.allowed], ['"http"', 'a port from 0 to 65535'])
    assert.equal(byKey.get('PROMETHEUS_SSL_KEYFILE')?.got, null)
    const workers = report.settings.find(({ option }) => option === 'workers')
    assert.equal(workers?.value, null)
    assert.deepEqual(workers?.source, { kind: 'file', name: 'exporter.gunicorn.workers' })
    assert.doesNotMatch(stdout, /hunter2/)
  })

  test('leaves the answer to a wrong option on stderr', async () => {
    const { code, stdout, stderr } = await run(['check', '--json', '--sctrict'])
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, /--sctrict is not an option of check; did you mean --strict\?/)
  })
})

describe('check ends with code', () => {
  const mistyped = { PROMETHEUS_METRIC_PORT: '1' }
  const foreign = { PROMETHEUS_URL: 'http://prometheus:9090', PROMETHEUS_SERVICE_HOST: '10.0.0.1' }
  const rows: readonly (readonly [code: number, args: readonly string[], env: Environment])[] = [
    [0, [], {}],
    [0, [], mistyped],
    [0, ['--json'], mistyped],
    [2, ['--strict'], mistyped],
    [2, ['--strict', '--json'], mistyped],
    [0, ['--strict'], foreign],
    [0, ['--strict', '--json'], foreign],
    [2, [], { PROMETHEUS_METRICS_PORT: 'x' }],
    [2, ['--json'], { PROMETHEUS_METRICS_PORT: 'x' }],
    [2, ['--nothing'], {}],
    [0, ['--help'], mistyped],
  ]
  const pushed = { OTEL_METRICS_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }
  for (const args of [['check'], ['check', '--json'], ['run', '--check-config', config]]) {
    test(`2 after ${args.join(' ')} for pushes that cannot work`, async () => {
      const { code, stdout, stderr } = await run(args, pushed)
      assert.equal(code, 2)
      const quote = args.includes('--json') ? '\\"' : '"'
      const got = `${quote}collector:4318${quote}`
      const fault = `OTEL_EXPORTER_OTLP_ENDPOINT is ${got}; allowed is a URL`
      assert.ok(`${stdout}${stderr}`.includes(fault), `${stdout}${stderr}`)
    })
  }

  test('0 for the same variables without otlp', async () => {
    const { code, stdout } = await run(['check'], { ...pushed, OTEL_METRICS_EXPORTER: '' })
    assert.equal(code, 0)
    assert.match(stdout, /^Note: OTEL_EXPORTER_OTLP_ENDPOINT has no effect here, because/m)
  })

  test('0 for an exporter that is off, and names the variable', async () => {
    const { code, stdout } = await run(['check'], { OTEL_METRICS_EXPORTER: 'none' })
    assert.equal(code, 0)
    assert.match(stdout, /^Warning: OTEL_METRICS_EXPORTER is none, so /m)
    assert.match(stdout, /^The exporter is switched off by OTEL_METRICS_EXPORTER\.$/m)
  })

  for (const [code, args, env] of rows) {
    test(`${code} after ${['check', ...args].join(' ')} with ${JSON.stringify(env)}`, async () => {
      const ended = await run(['check', ...args], env)
      assert.equal(ended.code, code, `${ended.stdout}${ended.stderr}`)
    })
  }

  test('0 or 2, as its help says', async () => {
    const { stdout } = await run(['check', '--help'])
    assert.match(stdout, /^ {2}0 {2}the configuration is right/m)
    assert.match(stdout, /^ {2}2 {2}.*--strict also for warnings$/m)
  })
})

describe('check warns about a directory', () => {
  const stacks = ', and GUNICORN_HANG_STACKS shows no stacks of workers'
  const rows = [
    ['/proc/none', {}, ''],
    ['/proc/none', { GUNICORN_HANG_STACKS: '5' }, stacks],
    [join(config, 'below'), { GUNICORN_HANG_STACKS: '5' }, stacks],
  ] as const
  for (const [path, env, loss] of rows) {
    test(`that cannot be made: ${path} with ${JSON.stringify(env)}`, async () => {
      await writeFile(config, '')
      const all = { ...env, PROMETHEUS_MULTIPROC_DIR: path }
      const { code, stdout } = await run(['check'], all)
      const [line = ''] = withoutCodes(stdout)
        .split('\n')
        .filter((each) => each.startsWith('Warning: '))
      assert.match(
        line,
        /^Warning: PROMETHEUS_MULTIPROC_DIR is ".+": (?:ENOENT|ENOTDIR|EACCES).*\. /,
      )
      const end = `A killed worker without counts in memory loses its last second${loss}.`
      assert.ok(line.endsWith(end), stdout)
      assert.equal(code, 0)
      assert.equal((await run(['check', '--strict'], all)).code, 2)
    })
  }

  for (const path of [config, '/proc/none']) {
    test(`that cannot keep totals: ${path}`, async () => {
      await writeFile(config, '')
      const env = { PROMETHEUS_STATE_DIR: path }
      const { stdout } = await run(['check'], env)
      assert.match(
        stdout,
        /^Warning: PROMETHEUS_STATE_DIR is ".+": E.*\. Totals begin anew at each start\./m,
      )
      assert.equal((await run(['check', '--strict'], env)).code, 2)
      // A shared directory keeps the totals instead, and another warning says so.
      const sidecar = { SIDECAR_MODE: 'true', PROMETHEUS_MULTIPROC_DIR: directory }
      for (const shared of [{ PROMETHEUS_SHARED_DIR: directory }, sidecar]) {
        const { stdout: other } = await run(['check'], { ...env, ...shared })
        assert.match(other, /^Warning: PROMETHEUS_STATE_DIR has no effect/m)
        assert.doesNotMatch(other, /Totals begin anew/)
      }
    })
  }

  test('that other users may write to', async () => {
    const parent = await mkdtemp(join(directory, 'parent-'))
    const own = join(parent, `gunicorn-prometheus-exporter-${process.getuid?.()}`)
    await mkdir(own)
    await chmod(own, 0o777)
    const { stdout } = await run(['check'], { PROMETHEUS_MULTIPROC_DIR: parent })
    assert.match(
      stdout,
      /^Warning: PROMETHEUS_MULTIPROC_DIR is .* is not a directory of this user/m,
    )
  })

  test('only if the directory cannot be made, and leaves nothing behind', async () => {
    const parent = await mkdtemp(join(directory, 'parent-'))
    const env = { PROMETHEUS_MULTIPROC_DIR: join(parent, 'a/b'), GUNICORN_HANG_STACKS: '5' }
    const { code, stdout } = await run(['check', '--strict'], env)
    assert.equal(code, 0, stdout)
    assert.deepEqual(await readdir(parent), [])
  })
})

test('check names each setting by its variable, and a missing value in words', async () => {
  const { stdout } = await run(['check'], { PROMETHEUS_METRIC_PORT: '1', REDIS_SERVICE_HOST: 'a' })
  assert.match(stdout, /^PROMETHEUS_SSL_ENABLED +whether there is a certificate {2}\(default\)$/m)
  assert.match(stdout, /^exporter\.hooks +none {2}\(default\)$/m)
  const sentences = withoutCodes(stdout)
  assert.match(
    sentences,
    /^Warning: PROMETHEUS_METRIC_PORT .* did you mean PROMETHEUS_METRICS_PORT\?$/m,
  )
  assert.match(
    sentences,
    /^Note: Variables of Kubernetes services are ignored: REDIS_SERVICE_HOST\.$/m,
  )
  assert.doesNotMatch(stdout, /^[a-z]+[A-Z]/m)
})

test('A mistyped command or option gets the right name', async () => {
  const rows: readonly (readonly [args: readonly string[], text: RegExp])[] = [
    [['chekc'], /"chekc" is not a command; did you mean check\?/],
    [
      ['run', '--worker', '3', 'a.js'],
      /--worker is not an option of run; did you mean --workers\?/,
    ],
    [
      ['serve', '--metric-port=1'],
      /--metric-port is not an option of serve; did you mean --metrics-port\?/,
    ],
  ]
  for (const [args, text] of rows) {
    const { code, stderr } = await run(args)
    assert.equal(code, 2)
    assert.match(stderr, text)
  }
})

test('runMaster names the options as in code', async () => {
  const entry = JSON.stringify(join(command, '../run-master.cjs'))
  const program = `
    const { runMaster } = require(${entry})
    const options = { maxRequest: 3, gracefulTimeout: 'soon', logLevel: 'loud' }
    try { runMaster({ app: 'app.js', ...options }) }
    catch (error) { console.log(JSON.stringify(error.faults)) }`
  const { stdout } = await runProgram(program, {})
  assert.deepEqual(
    JSON.parse(stdout).map((fault: string) => fault.split(';')[0]),
    ['maxRequest is not an option of run', 'logLevel is "loud"', 'gracefulTimeout is "soon"'],
  )
  assert.match(stdout, /did you mean maxRequests\?/)
})

async function runProgram(program: string, env: Environment): Promise<Ended> {
  return await new Promise((resolve) => {
    const options = { env: cleanEnvironment(env), cwd: directory }
    execFile(nodeUnderTest, ['-e', program], options, (error, stdout, stderr) =>
      resolve({ stdout, stderr, code: error?.code ?? 0 }),
    )
  })
}
