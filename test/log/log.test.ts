import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, it, type TestContext, test } from 'node:test'
import { logLimits } from '../../src/limits/log.ts'
import { type LogThreshold, parseLogLevel } from '../../src/log/log.ts'
import { type App, cleanEnvironment, eventually, startApp } from '../support/programs/app.ts'
import { get } from '../support/programs/load.ts'

const file = join(import.meta.dirname, '../../src/log/log.ts')
const levels = ['error', 'warn', 'info', 'debug'] as const
const prefix = 'gunicorn-prometheus-exporter: '

/** Runs a program that can use `log`. The program must exit with 0. */
function run(program: string): { readonly stdout: string; readonly stderr: string } {
  const names = 'log, logChange, setLogLevel, setLogFormat, readLogVariables, diagnose'
  const text = `import { ${names} } from ${JSON.stringify(file)}\n${program}`
  const { stdout, stderr, status } = runNode(['--input-type=module', '--eval', text])
  assert.equal(status, 0, stderr)
  return { stdout, stderr }
}

function runNode(args: readonly string[]): ReturnType<typeof spawnSync> & {
  readonly stdout: string
  readonly stderr: string
} {
  const options = { encoding: 'utf8', env: cleanEnvironment(), timeout: 20_000 } as const
  return spawnSync(process.execPath, args, options)
}

const everyLevel = levels.map((level) => `log.${level}('${level}')`).join('\n')

function setLogger(body: string): string {
  return `
    import { diag, DiagLogLevel } from '@opentelemetry/api'
    const logAt = (level) => (...values) => { ${body} }
    const names = ['error', 'warn', 'info', 'debug', 'verbose']
    const logger = Object.fromEntries(names.map((name) => [name, logAt(name)]))
    try { diag.setLogger(logger, { logLevel: DiagLogLevel.ALL }) } catch {}
  `
}

describe('Standard error', () => {
  const rows: [threshold: LogThreshold | undefined, reached: readonly string[]][] = [
    [undefined, ['error', 'warn']],
    ['none', []],
    ['error', ['error']],
    ['warn', ['error', 'warn']],
    ['info', ['error', 'warn', 'info']],
    ['debug', ['error', 'warn', 'info', 'debug']],
  ]
  for (const [threshold, reached] of rows) {
    it(`gets ${reached.join(', ') || 'nothing'} at ${threshold ?? 'the default'}`, () => {
      const choice = threshold ? `setLogLevel('${threshold}')` : ''
      const { stdout, stderr } = run(`${choice}\n${everyLevel}`)
      assert.equal(stderr, reached.map((text) => `${prefix}${text}\n`).join(''))
      assert.equal(stdout, '')
    })
  }

  it('gets a warning and an error once per text, and the rest every time', () => {
    const { stderr } = run(`setLogLevel('debug')\n${everyLevel}\n${everyLevel}`)
    const texts = ['error', 'warn', 'info', 'debug', 'info', 'debug']
    assert.equal(stderr, texts.map((text) => `${prefix}${text}\n`).join(''))
  })

  it('gets the change of a state every time, as a warning', () => {
    const changes = `for (const text of ['bad', 'good', 'bad', 'good']) logChange('push', text)`
    const { stderr } = run(changes)
    assert.equal(
      stderr,
      ['bad', 'good', 'bad', 'good'].map((text) => `${prefix}${text}\n`).join(''),
    )
    assert.equal(run(`setLogLevel('error')\n${changes}`).stderr, '')
  })

  it('gets at most logLimits.stateChanges of a state; the process does not wait to end', () => {
    const { stderr } = run(
      `for (let count = 0; count < 1_000; count += 1) logChange('push', 'no. ' + count)`,
    )
    assert.equal(stderr.trimEnd().split('\n').length, logLimits.stateChanges)
  })

  it('gets at most logLimits.warnings, and a line about the limit', () => {
    const { stderr } = run(
      `for (let count = 0; count < 1_000; count += 1) log.warn('no. ' + count)`,
    )
    const lines = stderr.trimEnd().split('\n')
    assert.equal(lines.length, logLimits.warnings + 1)
    assert.equal(lines.at(-2), `${prefix}no. ${logLimits.warnings - 1}`)
    assert.equal(lines.at(-1), `${prefix}no further warnings are printed (GPE_LOG_LIMIT)`)
  })

  it('gets one JSON object per message in the JSON format, with fields', () => {
    const { stderr } = run(`
      setLogFormat('json')
      log.warn('two\\nlines', { workerId: 'worker_1', pid: 1, level: 'debug' })
      log.warn('two\\nlines')
      log.error('bad')
      logChange('redis', 'away')
    `)
    const lines = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    for (const { ts, pid } of lines) {
      assert.equal(new Date(ts).toISOString(), ts)
      assert.ok(pid > 1)
    }
    assert.deepEqual(
      lines.map(({ ts: _, pid: __, ...facts }) => facts),
      [
        { level: 'warning', message: 'two\nlines', component: 'preload', workerId: 'worker_1' },
        { level: 'error', message: 'bad', component: 'preload' },
        { level: 'warning', message: 'away', component: 'redis' },
      ],
    )
  })

  it('gets the format and the level of the variables, before the settings are known', () => {
    const program = `readLogVariables({ OTEL_LOG_LEVEL: 'info', PROMETHEUS_LOG_FORMAT: ' json ' })
      log.info('a')`
    assert.equal(JSON.parse(run(program).stderr).message, 'a')
    const wrong = `readLogVariables({ PROMETHEUS_LOG_FORMAT: 'xml' })\nlog.warn('a')`
    assert.equal(run(wrong).stderr, `${prefix}a\n`)
  })

  it('may be closed', () => {
    run(`
      import { closeSync } from 'node:fs'
      closeSync(2)
      ${everyLevel}
    `)
  })

  it('may be a pipe without a reader', async () => {
    const text = `
      import { log } from ${JSON.stringify(file)}
      process.on('message', () => {
        log.warn('into the void')
        process.disconnect()
      })
    `
    const args = ['--input-type=module', '--eval', text]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    child.stderr?.destroy()
    child.send('go')
    assert.deepEqual(await once(child, 'exit'), [0, null])
  })
})

describe('The diag logger of OTel', () => {
  it('gets every message at its level, at each level of stderr', () => {
    const logger = setLogger(`console.log(level, ...values)`)
    const { stdout, stderr } = run(`${logger}\nsetLogLevel('none')\n${everyLevel}\n${everyLevel}`)
    const received = stdout.split('\n').filter((line) => line.includes(prefix))
    const once = levels.map((level) => `${level} ${prefix}${level}`)
    assert.deepEqual(received, [...once, ...once])
    assert.equal(stderr, '')
  })

  it('may throw, and stderr still gets the text', () => {
    const { stderr } = run(`${setLogger(`throw new Error('no')`)}\n${everyLevel}`)
    assert.equal(stderr, `${prefix}error\n${prefix}warn\n`)
  })

  it('may be of any shape', () => {
    for (const diag of ['null', '1', '{}', '{ warn: 1 }', '{ get warn() { throw 1 } }']) {
      const place = `globalThis[Symbol.for('opentelemetry.js.api.1')] = { diag: ${diag} }`
      assert.equal(run(`${place}\nlog.warn('text')`).stderr, `${prefix}text\n`)
    }
  })

  it('gets the messages of diagnose(), which stderr does not get', () => {
    const logger = setLogger(`if (values[0] === 'text') console.log(level, ...values)`)
    assert.deepEqual(run(`${logger}\ndiagnose('warn', 'text')`), {
      stdout: 'warn text\n',
      stderr: '',
    })
  })
})

test('parseLogLevel reads the names of OTel in any letter case', () => {
  const rows: [text: string, level: LogThreshold | undefined][] = [
    ['NONE', 'none'],
    ['ERROR', 'error'],
    ['Warn', 'warn'],
    [' info ', 'info'],
    ['debug', 'debug'],
    ['VERBOSE', 'debug'],
    ['ALL', 'debug'],
    ['', undefined],
    ['warning', undefined],
    ['constructor', undefined],
    ['3', undefined],
  ]
  for (const [text, level] of rows) assert.equal(parseLogLevel(text), level, text)
})

describe('Under the preload', { concurrency: true }, () => {
  async function start(t: TestContext, env: Readonly<Record<string, string>>): Promise<App> {
    const app = await startApp({ file: 'apps/single/logging.cjs', env })
    t.after(app.stop)
    return app
  }

  for (const level of ['info', 'DEBUG']) {
    it(`OTEL_LOG_LEVEL=${level} prints the address of the metrics`, async (t) => {
      const app = await start(t, { OTEL_LOG_LEVEL: level })
      const line = `${prefix}the metrics are at ${app.metricsUrl}\n`
      await eventually(() => assert.ok(app.stderr().includes(line), app.stderr()))
      assert.equal(app.stderr().includes(`${prefix}configuration resolved: `), level === 'DEBUG')
      assert.equal(app.stdout(), `ready ${await app.ready()}\n`)
    })
  }

  it('stderr stays empty by default', async (t) => {
    const app = await start(t, {})
    await eventually(() => app.page())
    assert.equal(app.stderr(), '')
  })

  it('OTEL_LOG_LEVEL=warn prints a warning; none and error omit the warning', async (t) => {
    for (const [level, lines] of [
      ['none', 0],
      ['error', 0],
      ['warn', 1],
    ] as const) {
      const [app, squatter] = await startBesideSquatter(t, { OTEL_LOG_LEVEL: level, DIAG: 'on' })
      await eventually(() => assert.match(app.stdout(), /^diag warn .*EADDRINUSE/m))
      assert.equal(app.stderr().match(/EADDRINUSE/g)?.length ?? 0, lines)
      // Each further attempt logs the same text at the level debug.
      await eventually(() => assert.match(app.stdout(), /^diag debug .*EADDRINUSE/m))
      assert.equal(app.stdout().match(/^diag warn .*EADDRINUSE/gm)?.length, 1)
      squatter.close()
      // The end of an outage is a warning, as its start is.
      await eventually(() => assert.match(app.stdout(), /^diag warn .*the metrics are at /m))
    }
  })

  it('an unknown level causes a warning and counts as the default', async (t) => {
    const app = await start(t, { OTEL_LOG_LEVEL: 'loud' })
    await eventually(() => app.page())
    assert.match(app.stderr(), /^gunicorn-prometheus-exporter: OTEL_LOG_LEVEL is "loud"; [^\n]*\n$/)
  })

  it('a logger that throws has no effect on the application', async (t) => {
    const app = await start(t, { DIAG: 'throws' })
    await eventually(() => app.page())
    assert.equal((await get(await app.ready(), '/')).status, 200)
    assert.equal(app.stderr(), '')
  })

  it('a message loads no module of OpenTelemetry', async (t) => {
    const [app] = await startBesideSquatter(t, {})
    await eventually(() => assert.match(app.stderr(), /EADDRINUSE/))
    assert.equal((await get(await app.ready(), '/')).body, '0')
  })

  /** Starts the application after another server took the metrics port. */
  async function startBesideSquatter(
    t: TestContext,
    env: Readonly<Record<string, string>>,
  ): Promise<[App, ReturnType<typeof createServer>]> {
    const squatter = createServer().listen(0, '127.0.0.1')
    t.after(() => squatter.close())
    await once(squatter, 'listening')
    const { port } = squatter.address() as { port: number }
    return [await start(t, { ...env, PROMETHEUS_METRICS_PORT: String(port) }), squatter]
  }
})
