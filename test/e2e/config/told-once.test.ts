import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  eventually,
  nodeUnderTest,
  preloadFlags,
  startApp,
  startProgram,
} from '../../support/programs/app.ts'
import { startMaster } from '../../support/programs/master.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

type Environment = Readonly<Record<string, string>>

const wrong = { PROMETHEUS_MAX_SERIES: 'many', PROMETHEUS_AUTH_USERNAME: 'u' }
const mistyped = {
  PROMETHEUS_METRIC_PORT: '1',
  GUNICORN_BIND: '0.0.0.0:80',
  OTEL_RESOURCE_ATTRIBUTES: 'a',
}

/** Ends each worker some milliseconds after it listens, and forks it again. */
const crashLoop = `
  const cluster = require('node:cluster')
  if (cluster.isPrimary) {
    const execArgv = JSON.parse(process.env.WORKER_FLAGS ?? 'null')
    if (execArgv) cluster.setupPrimary({ execArgv })
    let ends = 0
    for (let count = 0; count < 3; count += 1) cluster.fork()
    cluster.on('exit', () => {
      ends += 1
      process.stdout.write('ends ' + ends + '\\n')
      cluster.fork()
    })
  } else {
    require('node:http').createServer().listen(0, () => setTimeout(() => process.exit(1), 100))
  }
`

/** Runs the crash loop until ten workers have ended. @returns the lines on stderr. */
async function linesOfCrashLoop(
  file: string,
  flags: readonly string[],
  env: Environment,
): Promise<string[]> {
  await writeFile(file, crashLoop)
  const program = startProgram([nodeUnderTest, ...flags, file], {
    PROMETHEUS_METRICS_PORT: '0',
    ...env,
  })
  try {
    await eventually(() => assert.match(program.stdout(), /^ends 10$/m), 60_000)
  } finally {
    process.kill(-(program.child.pid ?? 0), 'SIGKILL')
    await program.ended
  }
  return program
    .stderr()
    .split('\n')
    .filter((line) => line !== '')
}

describe('A cluster in a crash loop logs once', () => {
  const preloads = {
    'with the preload in the primary': (): [string[], Environment] => [preloadFlags('require'), {}],
    'with an unknown parent, as under PM2': (): [string[], Environment] => [
      [],
      { WORKER_FLAGS: JSON.stringify(preloadFlags('require')) },
    ],
    'with the preload by NODE_OPTIONS': (): [string[], Environment] => [
      [],
      { NODE_OPTIONS: preloadFlags('require').join(' ') },
    ],
  }
  for (const [title, flagsOf] of Object.entries(preloads)) {
    test(`a wrong configuration, ${title}`, async (context) => {
      const TMPDIR = await temporaryDirectory(context)
      const [flags, env] = flagsOf()
      const file = join(TMPDIR, 'crash-loop.cjs')
      const lines = await linesOfCrashLoop(file, flags, { ...env, ...wrong, TMPDIR })
      assert.equal(lines.length, 1, lines.join('\n'))
      assert.match(
        lines[0] ?? '',
        /switched off: PROMETHEUS_MAX_SERIES is "many".*AUTH_PASSWORD is not/,
      )
    })

    test(`the warnings in one line, ${title}`, async (context) => {
      const TMPDIR = await temporaryDirectory(context)
      const [flags, env] = flagsOf()
      const file = join(TMPDIR, 'crash-loop.cjs')
      const lines = await linesOfCrashLoop(file, flags, { ...env, ...mistyped, TMPDIR })
      const named = lines.filter((line) => /PROMETHEUS_METRIC_PORT|GUNICORN_BIND/.test(line))
      assert.equal(named.length, 1, lines.join('\n'))
      // They come in the order of the environment, which a shell changes.
      assert.match(named[0] ?? '', /METRIC_PORT .*did you mean PROMETHEUS_METRICS_PORT\?/)
      assert.match(named[0] ?? '', / GUNICORN_BIND has no effect here/)
      assert.match(named[0] ?? '', /OTEL_RESOURCE_ATTRIBUTES is "a"; allowed is key=value,…/)
    })
  }

  test('a wrong configuration without files', async (context) => {
    const directory = await temporaryDirectory(context)
    const env = { ...wrong, TMPDIR: '/proc/none' }
    const file = join(directory, 'crash-loop.cjs')
    const lines = await linesOfCrashLoop(file, preloadFlags('require'), env)
    assert.equal(lines.length, 1, lines.join('\n'))
  })
})

test('A worker with a wrong variable of its own logs its fault', async (context) => {
  const TMPDIR = await temporaryDirectory(context)
  const file = join(TMPDIR, 'own.cjs')
  await writeFile(
    file,
    `const cluster = require('node:cluster')
     const texts = ['a', 'b', 'b']
     if (cluster.isPrimary) for (const text of texts) cluster.fork({ PROMETHEUS_MAX_SERIES: text })
     else require('node:http').createServer().listen(0, () => console.log('listens'))`,
  )
  const env = { TMPDIR, PROMETHEUS_METRICS_PORT: '0', PROMETHEUS_MAX_CONNECTIONS: 'x' }
  const app = await startApp({ file, env })
  try {
    await eventually(() => assert.equal(app.stdout().match(/listens/g)?.length, 3))
    // A worker can be faster than the primary: then its line has the fault of the primary, too.
    await eventually(() => {
      for (const text of ['MAX_CONNECTIONS is "x"', 'MAX_SERIES is "a"', 'MAX_SERIES is "b"']) {
        assert.equal(app.stderr().split(text).length - 1, 1, app.stderr())
      }
    })
  } finally {
    await app.stop()
  }
})

describe('run logs once', () => {
  test('its warnings, and its workers log none', async () => {
    const master = await startMaster({ options: ['-w', '3'], env: mistyped })
    try {
      await master.serving(3)
      const lines = master
        .stderr()
        .split('\n')
        .filter((line) => line.includes('GUNICORN_BIND'))
      assert.equal(lines.length, 1, master.stderr())
      assert.match(lines[0] ?? '', /\[WARNING\] GUNICORN_BIND has no effect here/)
    } finally {
      await master.stop()
    }
  })

  test('a file that becomes wrong while workers are replaced', async (context) => {
    const TMPDIR = await temporaryDirectory(context)
    const config = join(TMPDIR, 'config.yml')
    await writeFile(config, 'exporter:\n  worker_id: age\n')
    const options = ['-w', '3', '-c', config]
    const master = await startMaster({ options, env: { TMPDIR } })
    try {
      const before = await master.serving(3)
      await writeFile(config, 'exporter:\n  worker_id: none\n')
      for (const pid of before) process.kill(pid, 'SIGKILL')
      await eventually(() => {
        const now = master.workers()
        assert.equal(now.length, 3)
        assert.ok(!now.some((pid) => before.includes(pid)), master.stderr())
        assert.match(master.stderr(), /exporter\.worker_id is "none"/)
      })
      await eventually(() => assert.equal(master.stdout().match(/ready/g)?.length, 6))
      assert.equal(master.stderr().match(/exporter\.worker_id is "none"/g)?.length, 1)
    } finally {
      await master.stop()
    }
  })
})
