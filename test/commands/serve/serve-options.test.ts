import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  isSidecar,
  parseServe,
  serveHelp,
  serveOptions,
} from '../../../src/commands/serve/serve-options.ts'
import type { ServeSettings } from '../../../src/sidecar/serve-settings.ts'
import { cleanEnvironment, nodeUnderTest, workingDirectory } from '../../support/programs/app.ts'
import { command } from '../../support/programs/master.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

type Environment = Record<string, string>

function faults(argv: readonly string[], environment: Environment = {}): readonly string[] {
  const request = parseServe(argv, environment)
  if (request.kind !== 'faults') throw new Error(`${argv.join(' ')} was not refused`)
  return request.faults
}

function settings(argv: readonly string[], environment: Environment = {}): ServeSettings {
  const request = parseServe(argv, environment)
  if (request.kind !== 'serve') throw new Error(JSON.stringify(request))
  return request.settings
}

describe('serve shows', () => {
  test('nothing without a Redis or a directory, and starts with a fault', () => {
    for (const environment of [
      {},
      { REDIS_HOST: '127.0.0.1' },
      { REDIS_ENABLED: 'false', REDIS_URL: 'redis://127.0.0.1' },
      { PROMETHEUS_MULTIPROC_DIR: 'off' },
    ]) {
      const [fault, ...others] = faults([], environment)
      assert.match(fault ?? '', /nothing to serve\. Set Redis \(REDIS_ENABLED=true/)
      assert.match(fault ?? '', /PROMETHEUS_MULTIPROC_DIR, --shared-dir or --multiproc-dir/)
      assert.deepEqual(others, [])
    }
  })

  test('a Redis that is enabled or has a URL', () => {
    const ways: readonly (readonly [string[], Environment])[] = [
      [[], { REDIS_ENABLED: 'true', REDIS_HOST: 'redis.example', REDIS_PORT: '6380' }],
      [[], { REDIS_URL: 'redis://redis.example:6380' }],
      [['--redis-url', 'redis://redis.example:6380'], {}],
      [['--redis-url=redis://redis.example:6380'], { REDIS_URL: 'redis://other.example' }],
    ]
    for (const [argv, environment] of ways) {
      const { redis, directory } = settings(argv, environment)
      assert.deepEqual(redis?.connection.topology, {
        kind: 'standalone',
        node: { host: 'redis.example', port: 6_380 },
      })
      assert.equal(directory, undefined)
    }
  })

  test('a Redis that has a URL, with the user’s names of settings', async (context) => {
    const directory = await temporaryDirectory(context)
    const secret = join(directory, 'secret')
    await writeFile(secret, 'hush')
    const file = join(directory, 'exporter.yml')
    await writeFile(file, `exporter:\n  redis:\n    password_file: ${secret}\n`)
    const { redis } = settings(['--redis-url=redis://redis.example', `--config=${file}`])
    const setting = 'exporter.redis.password_file'
    assert.deepEqual(redis?.connection.password, { path: secret, setting })
  })

  test('a Redis that has a URL, beside the REDIS_PORT of Kubernetes', () => {
    const { redis, warnings } = settings([], {
      REDIS_URL: 'redis://redis.example:6380',
      REDIS_PORT: 'tcp://10.96.0.12:6379',
    })
    assert.deepEqual(redis?.connection.topology, {
      kind: 'standalone',
      node: { host: 'redis.example', port: 6_380 },
    })
    assert.match(warnings.join(), /^REDIS_PORT is .* Kubernetes/)
    assert.match(faults([], { REDIS_URL: 'redis.example' }).join(), /^REDIS_URL is not shown/)
  })

  test('a directory, beside the REDIS_PORT of Kubernetes', () => {
    const argv = ['--multiproc-dir', '/data/metrics']
    const { redis, warnings } = settings(argv, { REDIS_PORT: 'tcp://10.96.0.12:6379' })
    assert.deepEqual([redis, warnings], [undefined, []])
  })

  test('a directory, alone or beside a Redis', () => {
    const argv = ['--multiproc-dir', '/data/metrics']
    assert.equal(settings(argv).directory, '/data/metrics')
    assert.equal(settings(argv).redis, undefined)
    const both = settings(argv, { REDIS_ENABLED: 'true', PROMETHEUS_MULTIPROC_DIR: '/elsewhere' })
    assert.equal(both.directory, '/data/metrics')
    assert.ok(both.redis)
  })
})

describe('serve for one Kubernetes node', () => {
  const redis = { REDIS_ENABLED: 'true' }
  const nodeOnly = { ...redis, SIDECAR_NODE_ONLY: 'true' }

  test('takes the name of the node from the resource', () => {
    assert.equal(settings([], { ...redis, NODE_NAME: 'node-7' }).node, undefined)
    assert.equal(settings([], { ...nodeOnly, NODE_NAME: 'node-7' }).node, 'node-7')
    assert.equal(settings(['--node-only'], { ...redis, NODE_NAME: 'node-7' }).node, 'node-7')
    const attributes = { OTEL_RESOURCE_ATTRIBUTES: 'k8s.node.name=node-8' }
    assert.equal(settings([], { ...nodeOnly, ...attributes }).node, 'node-8')
  })

  for (const [title, env] of [
    ['no name', {}],
    ['an empty name', { NODE_NAME: '' }],
    ['an empty attribute', { OTEL_RESOURCE_ATTRIBUTES: 'k8s.node.name=' }],
  ] as const) {
    test(`refuses to start with ${title}`, () => {
      const request = parseServe([], { ...nodeOnly, ...env })
      assert.ok(request.kind === 'faults')
      assert.deepEqual(request.faults, [
        'NODE_NAME is not given; SIDECAR_NODE_ONLY requires the name of the Kubernetes node ' +
          '(fieldRef: spec.nodeName). (GPE_SETTING_MISSING)',
      ])
    })
  }
})

test('serve reads the command line before the environment and the file', async (context) => {
  const file = join(await temporaryDirectory(context), 'serve.yml')
  await writeFile(
    file,
    'exporter:\n  prometheus:\n    metrics_port: 9001\n    multiproc_dir: /from/file\n' +
      '  sidecar:\n    update_interval: 3\n',
  )
  const portOf = (argv: readonly string[], environment: Environment = {}): unknown =>
    settings(['--config', file, ...argv], environment).endpoint.address
  const at = (port: number): unknown => ({ kind: 'tcp', host: '0.0.0.0', port })
  const given = { PROMETHEUS_METRICS_PORT: '9002' }
  assert.deepEqual(portOf([]), at(9_001))
  assert.deepEqual(portOf([], given), at(9_002))
  assert.deepEqual(portOf(['--metrics-port', '9003'], given), at(9_003))
  assert.equal(settings(['-c', file]).directory, '/from/file')
  assert.equal(settings(['-c', file]).updateIntervalMs, 3_000)
  assert.equal(settings(['-c', file, '--update-interval', '7.5']).updateIntervalMs, 7_500)
})

test('serve reports every fault in one pass, and no secret', () => {
  const found = faults(
    ['--metrics-port', 'http', '--workers=2', 'app.js', '--redis-url', 'http://u:hush@r'],
    { SIDECAR_UPDATE_INTERVAL: 'soon', PROMETHEUS_AUTH_USERNAME: 'a:hush' },
  )
  for (const part of [
    '--metrics-port is "http"',
    '--workers is not an option of serve',
    '"app.js" is not an option of serve',
    '--redis-url is not shown (secret)',
    'SIDECAR_UPDATE_INTERVAL is "soon"',
    'PROMETHEUS_AUTH_USERNAME is not shown',
    'PROMETHEUS_AUTH_PASSWORD is not given',
  ]) {
    assert.ok(
      found.some((fault) => fault.startsWith(part)),
      `${part}: ${found.join('\n')}`,
    )
  }
  assert.equal(found.length, 7)
  assert.doesNotMatch(found.join(), /hush/)
})

test('serve refuses the option of totals, which a sidecar does not have', () => {
  const argv = ['--redis-url', 'redis://127.0.0.1', '--state-dir', '/var/lib/app']
  const [fault, ...others] = faults(argv)
  assert.match(fault ?? '', /^--state-dir is not an option of serve/)
  assert.deepEqual(others, [])
})

test('serve prints the help and the configuration', () => {
  assert.deepEqual(parseServe(['--help'], {}), { kind: 'print', text: serveHelp() })
  for (const name of Object.keys(serveOptions)) assert.ok(serveHelp().includes(`--${name}`), name)
  assert.match(
    serveHelp(),
    /--multiproc-dir DIRECTORY +shared directory if --shared-dir is not given/,
  )
  const shown = parseServe(['--redis-url', 'redis://u:hush@r', '--print-config'], {})
  assert.equal(shown.kind, 'print')
  assert.doesNotMatch(JSON.stringify(shown), /hush/)
  assert.match(JSON.stringify(shown), /\(--redis-url\)/)
  assert.equal(parseServe(['--check-config'], {}).kind, 'faults')
})

test('SIDECAR_MODE makes a sidecar of the command without arguments', () => {
  assert.equal(isSidecar({}), false)
  assert.equal(isSidecar({ SIDECAR_MODE: 'false' }), false)
  assert.equal(isSidecar({ SIDECAR_MODE: ' true ' }), true)
  assert.equal(isSidecar({ SIDECAR_MODE: 'perhaps' }), true)
})

const runs: readonly { argv: readonly string[]; env: Environment; status: number; says: RegExp }[] =
  [
    { argv: ['serve'], env: {}, status: 2, says: /nothing to serve/ },
    { argv: [], env: { SIDECAR_MODE: 'true' }, status: 2, says: /nothing to serve/ },
    { argv: [], env: { SIDECAR_MODE: 'perhaps' }, status: 2, says: /SIDECAR_MODE is "perhaps"/ },
    { argv: [], env: { SIDECAR_MODE: 'false' }, status: 2, says: /A command is missing/ },
    {
      argv: ['serve', '--nothing'],
      env: {},
      status: 2,
      says: /--nothing is not an option of serve/,
    },
    { argv: ['serve', '--help'], env: {}, status: 0, says: /Usage: .* serve/ },
  ]

for (const { argv, env, status, says } of runs) {
  test(`The command ends with ${status}: ${JSON.stringify(env)} ${argv.join(' ')}`, () => {
    const ended = spawnSync(nodeUnderTest, [command, ...argv], {
      cwd: workingDirectory,
      env: cleanEnvironment(env),
      encoding: 'utf8',
      timeout: 60_000,
    })
    assert.equal(ended.status, status)
    assert.match(status === 0 ? ended.stdout : ended.stderr, says)
    assert.equal(status === 0 ? ended.stderr : ended.stdout, '')
  })
}
