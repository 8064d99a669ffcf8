import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  endGroup,
  eventually,
  fetchText,
  freePort,
  nodeUnderTest,
  startApp,
  startProgram,
} from '../../support/programs/app.ts'
import { command, startMaster } from '../../support/programs/master.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { parsePage, sum } from '../../support/prometheus/page.ts'

const hasProc = existsSync('/proc/self/net/tcp')
/** The text about this process, which has the port. */
const holder = hasProc ? ` by node, pid ${process.pid} ` : ' '

async function occupy(context: TestContext, port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1')
  context.after(() => server.close())
  await once(server, 'listening')
  return server
}

interface Program {
  readonly stderr: () => string
  readonly stop: () => Promise<void>
}

/** Waits for a line on stderr, and for some more attempts to listen. @returns all lines. */
async function lines({ stderr }: Program, text: string | RegExp): Promise<string[]> {
  await eventually(() => {
    const isThere = typeof text === 'string' ? stderr().includes(text) : text.test(stderr())
    assert.ok(isThere, stderr())
  })
  return stderr().trim().split('\n')
}

describe('The log of a port that is taken names the process and the setting', () => {
  const rows = {
    'from the environment': 'PROMETHEUS_METRICS_PORT',
    "from OpenTelemetry's variable": 'OTEL_EXPORTER_PROMETHEUS_PORT',
    'from the file': 'exporter.prometheus.metrics_port',
  }
  for (const [title, setting] of Object.entries(rows)) {
    test(title, async (context) => {
      const port = await freePort()
      await occupy(context, port)
      const config = join(await temporaryDirectory(context), 'config.yml')
      await writeFile(config, `exporter:\n  prometheus:\n    metrics_port: ${port}\n`)
      const env = { PROMETHEUS_METRICS_PORT: '', [setting]: `${port}` }
      const named = setting.startsWith('exporter.')
        ? { PROMETHEUS_METRICS_PORT: '', GUNICORN_PROMETHEUS_EXPORTER_CONFIG: config }
        : env
      const app = await startApp({ file: 'apps/single/single.cjs', env: named })
      try {
        const expected =
          `cannot listen, trying again: port ${port} at 127.0.0.1 is taken${holder}(EADDRINUSE). ` +
          `End ${hasProc ? 'that process' : 'the process that has the port'}, or set ${setting} to`
        await lines(app, expected)
      } finally {
        await app.stop()
      }
    })
  }

  test('from the command line of run, in the format of its log', async (context) => {
    const port = await freePort()
    await occupy(context, port)
    const options = ['--metrics-port', `${port}`]
    const master = await startMaster({ options })
    try {
      await lines(
        master,
        `[WARNING] The metrics endpoint cannot listen, trying again: port ${port}`,
      )
      assert.ok(master.stderr().includes('set --metrics-port to another port'), master.stderr())
    } finally {
      await master.stop()
    }
  })

  test('from an application that listens on the port itself', async (context) => {
    const port = await freePort()
    const file = join(await temporaryDirectory(context), 'app.cjs')
    await writeFile(file, `require('node:http').createServer().listen(${port}, '127.0.0.1')`)
    const app = await startApp({ file, env: { PROMETHEUS_METRICS_PORT: `${port}` } })
    try {
      const who = hasProc ? `by this process itself, pid ${app.child.pid}` : 'is taken'
      await lines(app, who)
    } finally {
      await app.stop()
    }
  })
})

test('A taken port is logged once, and again when the endpoint listens', async (context) => {
  const port = await freePort()
  const squatter = await occupy(context, port)
  const env = { PROMETHEUS_METRICS_PORT: `${port}` }
  const app = await startApp({
    file: 'apps/single/single.cjs',
    env: { ...env, OTEL_LOG_LEVEL: 'debug' },
  })
  const quiet = await startApp({ file: 'apps/single/single.cjs', env })
  try {
    // The debug level shows each attempt.
    await eventually(() => assert.equal(app.stderr().match(/EADDRINUSE/g)?.length, 3))
    await lines(quiet, 'EADDRINUSE')
    await quiet.stop()
    assert.equal(quiet.stderr().match(/EADDRINUSE/g)?.length, 1)
    squatter.close()
    await lines(app, `the metrics are at http://127.0.0.1:${port}/metrics`)
  } finally {
    await app.stop()
    await quiet.stop()
  }
})

test('serve logs a taken port once, and where the metrics are at last', async (context) => {
  const port = await freePort()
  const squatter = await occupy(context, port)
  const directory = await temporaryDirectory(context)
  const args = [nodeUnderTest, command, 'serve', '--shared-dir', directory]
  const env = { PROMETHEUS_METRICS_PORT: `${port}`, PROMETHEUS_BIND_ADDRESS: '127.0.0.1' }
  const { child, stderr, ended } = startProgram(args, env)
  try {
    await eventually(() => assert.match(stderr(), /EADDRINUSE/))
    // Time for more attempts, which the page counts.
    await sleep(4_000)
    squatter.close()
    await eventually(() => assert.match(stderr(), /\[INFO\] The metrics are at /))
    const page = parsePage(await fetchText(`http://127.0.0.1:${port}/metrics`))
    assert.ok(sum(page, 'gunicorn_exporter_faults_total', { component: 'exporter_bind' }) > 1)
    const reason = `port ${port} at 127.0.0.1`
    const text = `[ERROR] The metrics endpoint cannot listen, trying again: ${reason}`
    assert.equal(stderr().split(text).length, 2, stderr())
    assert.equal(stderr().match(/EADDRINUSE/g)?.length, 1, stderr())
  } finally {
    endGroup(child)
    await ended
  }
})

test('run logs once where the metrics are', async () => {
  const master = await startMaster({ options: ['-w', '2'] })
  try {
    await master.serving(2)
    const found = master.stderr().match(/^\[.*\] \[\d+\] \[INFO\] The metrics are at (\S+)$/gm)
    assert.equal(found?.length, 1, master.stderr())
    const url = /at (\S+)$/.exec(found?.[0] ?? '')?.[1] ?? ''
    assert.match(await fetchText(url), /gunicorn_master/)
  } finally {
    await master.stop()
  }
})

describe('The log of an endpoint that cannot listen names the setting for', () => {
  const isRoot = process.getuid?.() === 0

  test('an address that the host does not have', async () => {
    const env = { PROMETHEUS_BIND_ADDRESS: '192.0.2.1' }
    const app = await startApp({ file: 'apps/single/single.cjs', env })
    try {
      await lines(app, 'no address 192.0.2.1 (EADDRNOTAVAIL). Set PROMETHEUS_BIND_ADDRESS to')
    } finally {
      await app.stop()
    }
  })

  test('a host name without an address', async () => {
    const env = { PROMETHEUS_BIND_ADDRESS: 'none.invalid' }
    const app = await startApp({ file: 'apps/single/single.cjs', env })
    try {
      await lines(
        app,
        /the host name none\.invalid has no address \(\w+\)\. Set PROMETHEUS_BIND_ADDRESS/,
      )
    } finally {
      await app.stop()
    }
  })

  test('a port below 1024', { skip: process.platform === 'win32' }, async () => {
    // The user nobody of Debian.
    const through = isRoot
      ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all']
      : []
    const env = { PROMETHEUS_METRICS_PORT: '1' }
    const app = await startApp({ file: 'apps/single/single.cjs', env, through })
    try {
      await lines(
        app,
        'may not listen on port 1 (EACCES). Set PROMETHEUS_METRICS_PORT to a port from 1024',
      )
    } finally {
      await app.stop()
    }
  })

  test('the missing directory of a unix socket', async (context) => {
    const path = join(await temporaryDirectory(context), 'none', 'metrics.sock')
    const env = { PROMETHEUS_BIND_ADDRESS: `unix:${path}` }
    const app = await startApp({ file: 'apps/single/single.cjs', env })
    try {
      await lines(
        app,
        `${join(path, '..')} does not exist (ENOENT). ` +
          'Make the directory, or set PROMETHEUS_BIND_ADDRESS',
      )
    } finally {
      await app.stop()
    }
  })

  test('a unix socket in the directory of another user', { skip: !isRoot }, async (context) => {
    const directory = await temporaryDirectory(context)
    await chmod(directory, 0o755)
    const through = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
    const env = { PROMETHEUS_BIND_ADDRESS: `unix:${join(directory, 'metrics.sock')}` }
    const app = await startApp({ file: 'apps/single/single.cjs', env, through })
    try {
      await lines(
        app,
        `may not make a socket in ${directory} (EACCES). ` +
          'Let the user write to the directory, or set PROMETHEUS_BIND_ADDRESS',
      )
    } finally {
      await app.stop()
    }
  })

  test('a unix socket that another process has, with the process', async (context) => {
    const path = join(await temporaryDirectory(context), 'metrics.sock')
    const server = createServer().listen(path)
    context.after(() => server.close())
    await once(server, 'listening')
    const app = await startApp({
      file: 'apps/single/single.cjs',
      env: { PROMETHEUS_BIND_ADDRESS: `unix:${path}` },
    })
    try {
      await lines(app, `the socket ${path} is taken${holder}(EADDRINUSE). End`)
    } finally {
      await app.stop()
    }
  })
})

test('Without permission to look, the log of a taken port names no process', {
  skip: process.getuid?.() !== 0,
}, async (context) => {
  const port = await freePort()
  await occupy(context, port)
  const through = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
  const env = { PROMETHEUS_METRICS_PORT: `${port}` }
  const app = await startApp({ file: 'apps/single/single.cjs', env, through })
  try {
    await lines(
      app,
      `port ${port} at 127.0.0.1 is taken (EADDRINUSE). End the process that has the port`,
    )
  } finally {
    await app.stop()
  }
})
