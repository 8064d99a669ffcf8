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

/** Runs a program with `log` at hand; it must end well. */
function run(program: string): { readonly stdout: string; readonly stderr: string } {
  const text = `import { log, logChange, setLogLevel, diagnose } from ${JSON.stringify(file)}\n${program}`
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
    const hear = (level) => (...values) => { ${body} }
    const names = ['error', 'warn', 'info', 'debug', 'verbose']
    const logger = Object.fromEntries(names.map((name) => [name, hear(name)]))
    try { diag.setLogger(logger, { logLevel: DiagLogLevel.ALL }) } catch {}
  `
}

describe('stderr', () => {
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

  it('gets no more changes of a state than the limit, and nobody waits for the last one', () => {
    const { stderr } = run(
      `for (let count = 0; count < 1_000; count += 1) logChange('push', 'no. ' + count)`,
    )
    assert.equal(stderr.trimEnd().split('\n').length, logLimits.stateChanges)
  })

  it('gets no more warnings than the limit, and is told so', () => {
    const { stderr } = run(
      `for (let count = 0; count < 1_000; count += 1) log.warn('no. ' + count)`,
    )
    const lines = stderr.trimEnd().split('\n')
    assert.equal(lines.length, logLimits.warnings + 1)
    assert.equal(lines.at(-2), `${prefix}no. ${logLimits.warnings - 1}`)
    assert.equal(lines.at(-1), `${prefix}no further warnings are printed`)
  })

  it('may be closed', () => {
    run(`
      import { closeSync } from 'node:fs'
      closeSync(2)
      ${everyLevel}
    `)
  })

  it('may be a pipe that nobody reads', async () => {
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

describe('OTel’s diag', () => {
  it('hears every message at its level, whatever stderr gets', () => {
    const listen = setLogger(`console.log(level, ...values)`)
    const { stdout, stderr } = run(`${listen}\nsetLogLevel('none')\n${everyLevel}\n${everyLevel}`)
    const heard = stdout.split('\n').filter((line) => line.includes(prefix))
    const once = levels.map((level) => `${level} ${prefix}${level}`)
    assert.deepEqual(heard, [...once, ...once])
    assert.equal(stderr, '')
  })

  it('may throw, and stderr gets the text all the same', () => {
    const { stderr } = run(`${setLogger(`throw new Error('no')`)}\n${everyLevel}`)
    assert.equal(stderr, `${prefix}error\n${prefix}warn\n`)
  })

  it('may hold anything', () => {
    for (const diag of ['null', '1', '{}', '{ warn: 1 }', '{ get warn() { throw 1 } }']) {
      const place = `globalThis[Symbol.for('opentelemetry.js.api.1')] = { diag: ${diag} }`
      assert.equal(run(`${place}\nlog.warn('text')`).stderr, `${prefix}text\n`)
    }
  })

  it('alone is told what is the application’s affair', () => {
    const listen = setLogger(`if (values[0] === 'text') console.log(level, ...values)`)
    assert.deepEqual(run(`${listen}\ndiagnose('warn', 'text')`), {
      stdout: 'warn text\n',
      stderr: '',
    })
  })
})

test('a level goes by OTel’s names, in any case', () => {
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
    it(`OTEL_LOG_LEVEL=${level} tells where the metrics are`, async (t) => {
      const app = await start(t, { OTEL_LOG_LEVEL: level })
      const line = `${prefix}the metrics are at ${app.metricsUrl}\n`
      await eventually(() => assert.ok(app.stderr().includes(line), app.stderr()))
      assert.equal(app.stderr().includes(`${prefix}configuration resolved: `), level === 'DEBUG')
      assert.equal(app.stdout(), `ready ${await app.ready()}\n`)
    })
  }

  it('nothing is said without need', async (t) => {
    const app = await start(t, {})
    await eventually(() => app.page())
    assert.equal(app.stderr(), '')
  })

  it('OTEL_LOG_LEVEL=none silences a warning, which is told else', async (t) => {
    for (const [level, lines] of [
      ['none', 0],
      ['error', 0],
      ['warn', 1],
    ] as const) {
      const [app, squatter] = await startBesideSquatter(t, { OTEL_LOG_LEVEL: level, DIAG: 'on' })
      await eventually(() => assert.match(app.stdout(), /^diag warn .*EADDRINUSE/m))
      assert.equal(app.stderr().match(/EADDRINUSE/g)?.length ?? 0, lines)
      // Told again at every attempt, more quietly.
      await eventually(() => assert.match(app.stdout(), /^diag debug .*EADDRINUSE/m))
      assert.equal(app.stdout().match(/^diag warn .*EADDRINUSE/gm)?.length, 1)
      squatter.close()
      await eventually(() => assert.match(app.stdout(), /^diag info .*the metrics are at /m))
    }
  })

  it('an unknown level is told, and counts as the default', async (t) => {
    const app = await start(t, { OTEL_LOG_LEVEL: 'loud' })
    await eventually(() => app.page())
    assert.match(app.stderr(), /^gunicorn-prometheus-exporter: OTEL_LOG_LEVEL is "loud"; [^\n]*\n$/)
  })

  it('a logger that throws harms nobody', async (t) => {
    const app = await start(t, { DIAG: 'throws' })
    await eventually(() => app.page())
    assert.equal((await get(await app.ready(), '/')).status, 200)
    assert.equal(app.stderr(), '')
  })

  it('nothing of OpenTelemetry is loaded for a message', async (t) => {
    const [app] = await startBesideSquatter(t, {})
    await eventually(() => assert.match(app.stderr(), /EADDRINUSE/))
    assert.equal((await get(await app.ready(), '/')).body, '0')
  })

  /** The metrics port is taken, of which the exporter warns. */
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
