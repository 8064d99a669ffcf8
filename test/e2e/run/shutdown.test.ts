import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { scratchDirectory } from '../../support/endpoint/certificates.ts'
import { eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import type { Master } from '../../support/programs/master.ts'
import {
  assertNoWarning,
  gone,
  serverVariables,
  withApp,
  workers,
} from '../../support/programs/shutdown-app.ts'
import { sum } from '../../support/prometheus/page.ts'

const directory = scratchDirectory()

/** Reloads, and waits for the end of the old workers, without SIGKILL. */
async function assertReload(master: Master): Promise<void> {
  const old = master.workers()
  master.signal('SIGHUP')
  await gone(master, old)
  await master.serving(workers)
  const graceful = { reason: 'hup', restart_type: 'graceful' }
  await eventually(async () => {
    const page = await master.page()
    assert.equal(sum(page, 'gunicorn_worker_restart_count_total', graceful), workers)
  })
  assertNoWarning(master)
}

async function assertStop(master: Master): Promise<void> {
  master.signal('SIGTERM')
  assert.deepEqual(await master.ended, { code: 0, signal: null })
  assertNoWarning(master)
}

/** An open connection, and everything that came over it. */
async function opened(port: number, text: string): Promise<{ socket: Socket; got: () => string }> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  let got = ''
  socket.on('error', () => {})
  socket.on('data', (chunk: string) => {
    got += chunk
  })
  socket.write(text)
  await eventually(() => assert.notEqual(got, ''))
  return { socket, got: () => got }
}

/** The lines that both workers print. */
function twice(...lines: readonly string[]): string[] {
  return [...lines, ...lines].sort()
}

function printed(master: Master): string[] {
  return master.stdout().trim().split('\n').sort()
}

describe('An application with a listener for SIGTERM', { concurrency: 2 }, () => {
  for (const end of ['documented', 'again']) {
    test(`ends gracefully at HUP and TERM, ${end}`, async () => {
      await withApp({ env: { END: end } }, async (master) => {
        const idle = await opened(master.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
        await assertReload(master)
        idle.socket.destroy()
        await assertStop(master)
      })
    })
  }

  for (const server of ['http', 'https', 'http2', 'http2-secure', 'net']) {
    test(`closes its server once, ${server}`, async (context) => {
      const env = serverVariables(context, directory, server)
      if (!env) return
      await withApp({ env: { ...env, END: 'callback' } }, async (master) => {
        await assertStop(master)
        const again = 'again ERR_SERVER_NOT_RUNNING'
        const lines = ['closed undefined', 'event close', again, 'event close']
        assert.deepEqual(printed(master), twice(...lines))
      })
    })

    test(`disposes of its server, ${server}`, async (context) => {
      const env = serverVariables(context, directory, server)
      if (!env) return
      await withApp({ env: { ...env, END: 'dispose' } }, async (master) => {
        await assertStop(master)
        assert.deepEqual(printed(master), twice('disposed false'))
      })
    })
  }

  test('closes its event streams and upgraded connections when the drain begins', async () => {
    // Without an end of the streams, the workers would not end.
    await withApp(
      { env: { END: 'streams' }, options: ['--graceful-timeout', '0'] },
      async (master) => {
        const events = await opened(master.port, 'GET /events HTTP/1.1\r\nHost: a\r\n\r\n')
        const upgrade =
          'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
        const upgraded = await opened(master.port, upgrade)
        await assertReload(master)
        await eventually(() => assert.ok(events.socket.closed && upgraded.socket.closed))
        // The stream ends as a stream ends: with the last chunk.
        assert.match(events.got(), /text\/event-stream[\s\S]*data: 1\n\n\r\n0\r\n\r\n$/)
        await assertStop(master)
      },
    )
  })

  test('hears of the end before SIGKILL, while a request is open', async () => {
    await withApp(
      { env: { END: 'told' }, options: ['--graceful-timeout', '3'] },
      async (master) => {
        const never = get(master.port, '/never').catch(() => {})
        await eventually(() => assert.deepEqual(printed(master), ['never']))
        master.signal('SIGTERM')
        await eventually(() => assert.deepEqual(printed(master), ['never', ...twice('told')]))
        await master.ended
        await never
        assert.match(master.stderr(), /\(forced, SIGKILL\)/)
      },
    )
  })

  test('waits for the promise of onDrain()', async () => {
    await withApp(
      { env: { END: 'drain' }, options: ['--graceful-timeout', '0'] },
      async (master) => {
        const events = await opened(master.port, 'GET /events HTTP/1.1\r\nHost: a\r\n\r\n')
        await assertReload(master)
        await eventually(() => assert.ok(events.socket.closed))
        assert.deepEqual(printed(master), twice('drain begins', 'drain done'))
      },
    )
  })
})

for (const signal of ['SIGINT', 'SIGQUIT']) {
  for (const whole of [false, true]) {
    const target = whole ? 'the process group' : 'the master'
    test(`A listener for ${signal} runs when ${target} gets ${signal}`, async () => {
      await withApp({ env: { END: 'stop' } }, async (master) => {
        const pid = master.child.pid ?? 0
        process.kill(whole ? -pid : pid, signal)
        assert.deepEqual(await master.ended, { code: 0, signal: null })
        assert.deepEqual(printed(master), twice(`end ${signal}`))
        assert.doesNotMatch(master.stderr(), /SIGKILL|forced/)
      })
    })
  }
}
