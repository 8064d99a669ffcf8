import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { cleanEnvironment, eventually, nodeUnderTest } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { command, startMaster } from '../../support/programs/master.ts'

const directory = await mkdtemp(join(tmpdir(), 'run-config-'))
const config = join(directory, 'config.yml')
const hooks = join(directory, 'hooks.cjs')
const calls = join(directory, 'calls')

after(() => rm(directory, { recursive: true }))

describe('Settings of run', () => {
  test('come from the command line, the environment, the file and the defaults', async () => {
    await write({ workers: 2, timeout: 3, keepalive: 4 })
    const { stdout, code } = await run(['-w', '5', '-c', config, '--print-config'], {
      GUNICORN_WORKERS: '6',
      GUNICORN_TIMEOUT: '7',
    })
    assert.equal(code, 0)
    assert.match(stdout, /^GUNICORN_WORKERS +5 {2}\(--workers\)$/m)
    assert.match(stdout, /^GUNICORN_TIMEOUT +7 {2}\(environment\)$/m)
    assert.match(stdout, /^GUNICORN_KEEPALIVE +4 {2}\(exporter\.gunicorn\.keepalive\)$/m)
    assert.match(stdout, /^GUNICORN_GRACEFUL_TIMEOUT +30 {2}\(default\)$/m)
  })

  test('that are valid pass --check-config', async () => {
    await write({ workers: 2 })
    const { stdout, code } = await run(['-c', config, '--check-config'])
    assert.deepEqual([stdout, code], ['The configuration is valid.\n', 0])
  })

  test('of Redis have no fault while Redis is not in use; settings of the master do', async () => {
    await write({ workers: 2 })
    const redis = { REDIS_PORT: 'tcp://10.96.0.12:6379', REDIS_URL: 'redis://redis' }
    const { stdout, code } = await run(['-c', config, '--check-config'], redis)
    assert.deepEqual([stdout, code], ['The configuration is valid.\n', 0])
    const refused = await run(['-c', config, '--check-config'], { WEB_CONCURRENCY: 'many' })
    assert.equal(refused.code, 2)
    assert.match(refused.stderr, /WEB_CONCURRENCY is "many"/)
  })

  test('with faults end the command with code 2 and a line for each fault', async () => {
    await writeFile(
      config,
      'exporter:\n  gunicorn:\n    workers: 0\n  prometheus:\n    metrics_port: x\n',
    )
    const { stdout, stderr, code } = await run([
      '-c',
      config,
      '--timeout',
      'soon',
      '--check-config',
    ])
    assert.deepEqual([stdout, code], ['', 2])
    for (const name of [
      'exporter.gunicorn.workers',
      'exporter.prometheus.metrics_port',
      '--timeout',
    ]) {
      assert.ok(stderr.includes(`${name} is `), `${name}: ${stderr}`)
    }
  })
})

test('A reload reads the file again, and a file with faults changes nothing', async () => {
  await write({ workers: 1 })
  const master = await startMaster({ options: ['-c', config] })
  try {
    await master.serving(1)
    await write({ workers: 3 })
    master.signal('SIGHUP')
    const workers = await master.serving(3)
    await write({ workers: 'many' })
    master.signal('SIGHUP')
    await eventually(() =>
      assert.match(master.stderr(), /Cannot reload, .*exporter\.gunicorn\.workers is "many"/),
    )
    assert.deepEqual(await master.serving(3), workers)
  } finally {
    await master.stop()
  }
})

test('run calls hooks in the order of events, and a hook that throws has no effect', async () => {
  await writeFile(
    hooks,
    `const { appendFileSync } = require('node:fs')
     const names = ['onStarting', 'whenReady', 'postFork', 'workerInt', 'workerAbort',
       'workerExit', 'onExit']
     for (const name of names) exports[name] = (...values) => {
       appendFileSync(${JSON.stringify(calls)}, JSON.stringify([name, ...values]) + '\\n')
       if (name === 'whenReady') throw new Error('a bad hook')
       if (name === 'postFork') return Promise.reject(new Error('a late one'))
     }`,
  )
  await writeFile(config, `exporter:\n  hooks: ${hooks}\n`)
  const master = await startMaster({ options: ['-c', config, '--timeout', '3'] })
  try {
    const [first] = await master.serving(1)
    await assert.rejects(get(master.port, '/hang'))
    // The page shows the hung worker until the master knows its end.
    await eventually(async () => assert.notDeepEqual(await master.serving(1), [first]))
    master.signal('SIGINT')
    assert.equal((await master.ended).code, 0)
    const seen = (await readFile(calls, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual(
      seen.map(([name]) => name),
      [
        'onStarting',
        'postFork',
        'whenReady',
        'workerAbort',
        'workerExit',
        'postFork',
        'workerInt',
        'workerExit',
        'onExit',
      ],
    )
    assert.deepEqual(seen[1].slice(1), [{ pid: master.child.pid }, { pid: first, age: 1 }])
    assert.deepEqual(seen[4]?.[2], { pid: first, age: 1, reason: 'timeout' })
    assert.match(master.stderr(), /\[ERROR\] The hook whenReady failed: a bad hook/)
    assert.match(master.stderr(), /\[ERROR\] The hook postFork failed: a late one/)
  } finally {
    await master.stop()
  }
})

test('run refuses a hooks module that does not load or exports no function', async () => {
  await writeFile(hooks, 'exports.onExit = 5')
  for (const [module, expected] of [
    [hooks, /onExit is of type number; allowed is a function/],
    [join(directory, 'none.cjs'), /Cannot find module/],
  ] as const) {
    const { stderr, code } = await run(['--hooks', module, command])
    assert.equal(code, 2)
    assert.match(stderr, expected)
  }
})

async function write(gunicorn: Record<string, unknown>): Promise<void> {
  const lines = Object.entries(gunicorn).map(([key, value]) => `    ${key}: ${value}\n`)
  await writeFile(config, `exporter:\n  gunicorn:\n${lines.join('')}`)
}

interface Ended {
  readonly stdout: string
  readonly stderr: string
  readonly code: unknown
}

async function run(options: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return await new Promise((resolve) => {
    const args = [command, 'run', ...options]
    execFile(nodeUnderTest, args, { env: cleanEnvironment(env) }, (error, stdout, stderr) =>
      resolve({ stdout, stderr, code: error?.code ?? 0 }),
    )
  })
}
