import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  type App,
  cleanEnvironment,
  eventually,
  freePort,
  nodeUnderTest,
  startApp,
  workingDirectory,
} from '../../support/programs/app.ts'
import { command, startMaster } from '../../support/programs/master.ts'
import { startServe } from '../../support/programs/serve.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

const json = { PROMETHEUS_LOG_FORMAT: 'json' }

interface Line {
  readonly ts: string
  readonly level: string
  readonly code?: string
  readonly message: string
  readonly component: string
  readonly pid: number
}

/** The lines of a program. Throws for a line that is no JSON object with the facts of a log. */
function linesOf(stderr: string): Line[] {
  const lines = stderr.split('\n').filter((line) => line !== '')
  return lines.map((text) => {
    const line: Line = JSON.parse(text)
    assert.equal(new Date(line.ts).toISOString(), line.ts)
    assert.match(line.level, /^(?:debug|info|warning|error|critical)$/)
    assert.equal(typeof line.pid, 'number')
    assert.equal(typeof line.component, 'string')
    return line
  })
}

describe('PROMETHEUS_LOG_FORMAT=json', () => {
  test('gives one JSON object per line in a cluster, and none for healthy workers', async () => {
    const env = { ...json, OTEL_LOG_LEVEL: 'debug' }
    const app = await startApp({ file: 'apps/cluster/cluster.cjs', env })
    try {
      await app.ready()
      await eventually(() => {
        const lines = linesOf(whole(app))
        assert.ok(lines.some(({ message }) => message === `the metrics are at ${app.metricsUrl}`))
        // The primary and its workers write in the same format.
        assert.ok(new Set(lines.map(({ pid }) => pid)).size > 1)
      })
    } finally {
      await app.stop()
    }
  })

  test('gives a JSON line for a port that is taken', async () => {
    const port = await freePort()
    const squatter = createServer().listen(port, '127.0.0.1')
    const env = { ...json, PROMETHEUS_METRICS_PORT: `${port}` }
    const app = await startApp({ file: 'apps/single/single.cjs', env })
    try {
      const [line] = await eventually(() => {
        const lines = linesOf(whole(app))
        assert.ok(lines.length > 0)
        return lines
      })
      assert.deepEqual([line?.level, line?.component], ['warning', 'bind'])
      assert.equal(line?.code, 'GPE_PORT_IN_USE')
      assert.match(line?.message ?? '', /EADDRINUSE/)
    } finally {
      await app.stop()
      squatter.close()
    }
  })

  test('gives a JSON line for a wrong configuration, from the raw variable', async () => {
    const env = { ...json, PROMETHEUS_MAX_SERIES: 'many' }
    const app = await startApp({ file: 'apps/single/single.cjs', env })
    try {
      await app.ready()
      await eventually(() => {
        const [line] = linesOf(whole(app))
        assert.deepEqual([line?.level, line?.component], ['error', 'preload'])
        assert.match(line?.message ?? '', /PROMETHEUS_MAX_SERIES is "many"/)
      })
    } finally {
      await app.stop()
    }
  })

  test('comes from the file too, also if another setting of the file is wrong', async (context) => {
    const config = join(await temporaryDirectory(context), 'config.yml')
    await writeFile(config, 'exporter:\n  worker_id: x\n  prometheus:\n    log_format: json\n')
    const env = { GUNICORN_PROMETHEUS_EXPORTER_CONFIG: config }
    const app = await startApp({ file: 'apps/single/single.cjs', env })
    try {
      await eventually(() => {
        const [line] = linesOf(whole(app))
        assert.match(line?.message ?? '', /exporter\.worker_id is "x"/)
      })
    } finally {
      await app.stop()
    }
    const { stderr } = runCommand(['check', '--config', config], {})
    assert.equal(linesOf(stderr).length, 1)
  })

  test('turns every line of run into JSON, also with the option --log-format', async () => {
    for (const choice of [{ env: json }, { options: ['--log-format', 'json'] }]) {
      const master = await startMaster(choice)
      try {
        await eventually(async () => {
          const texts = linesOf(master.stderr()).map(({ message }) => message)
          assert.ok(texts.some((text) => text.startsWith('Booting worker with pid')))
        })
        master.signal('SIGTERM')
        await master.ended
        const lines = linesOf(master.stderr())
        assert.equal(lines.at(-1)?.message, 'Shutting down: Master')
        const components = new Set(lines.map(({ component }) => component))
        assert.deepEqual(components, new Set(['master', 'bind']))
      } finally {
        await master.stop()
      }
    }
  })

  test('gives a refused reload the code of the reload, not of the faults', async (context) => {
    const config = join(await temporaryDirectory(context), 'config.yml')
    await writeFile(config, 'exporter:\n  prometheus:\n    log_format: json\n')
    const master = await startMaster({ options: ['-c', config] })
    try {
      await eventually(() => assert.match(master.stderr(), /Listening at/))
      await writeFile(config, 'exporter:\n  gunicorn:\n    workers: many\n    timeout: soon\n')
      master.signal('SIGHUP')
      await eventually(() => {
        const refusal = linesOf(master.stderr()).find(({ level }) => level === 'error')
        assert.match(refusal?.message ?? '', /^Cannot reload, .* \(GPE_SETTING_VALUE\)/)
        assert.equal(refusal?.code, 'GPE_RELOAD_REFUSED')
      })
    } finally {
      await master.stop()
    }
  })

  test('turns every line of serve into JSON', async (context) => {
    const directory = await temporaryDirectory(context)
    const sidecar = await startServe({ args: ['--shared-dir', directory], env: json })
    try {
      await eventually(() => {
        const lines = linesOf(sidecar.stderr())
        assert.ok(lines.some(({ message }) => message.startsWith('The metrics are at ')))
        assert.ok(lines.every(({ component }) => component === 'sidecar'))
      })
    } finally {
      await sidecar.stop()
    }
  })

  test('turns refusals of the command into one JSON line', () => {
    for (const argv of [['serve', '--nothing'], ['run', '--nothing'], ['check', '--no'], ['x']]) {
      const { stderr, stdout, status } = runCommand(argv, json)
      assert.deepEqual([status, stdout], [2, ''])
      const lines = linesOf(stderr)
      assert.equal(lines.length, 1, stderr)
      assert.match(lines[0]?.code ?? '', /^GPE_(?:OPTION|COMMAND)_UNKNOWN$/)
      assert.match(lines[0]?.message ?? '', new RegExp(argv.at(-1) ?? '-'))
    }
  })
})

function runCommand(argv: readonly string[], env: Readonly<Record<string, string>>) {
  return spawnSync(nodeUnderTest, [command, ...argv], {
    cwd: workingDirectory,
    env: cleanEnvironment(env),
    encoding: 'utf8',
    timeout: 60_000,
  })
}

/** What the program has written up to the last line break. */
function whole(app: App): string {
  return app.stderr().slice(0, app.stderr().lastIndexOf('\n') + 1)
}
