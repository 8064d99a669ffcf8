import assert from 'node:assert/strict'
import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type ListenOptions, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { observeListen, onListen } from '../../../src/collect/servers/listening.ts'

const start = 'tracing:net.server.listen:asyncStart'

describe('observeListen', () => {
  it('reports the start, the end and the failure of a call', async (t) => {
    const events: string[] = []
    for (const event of ['asyncStart', 'asyncEnd', 'error'] as const) {
      t.after(observeListen(event, ({ error }) => events.push(`${event} ${error?.code}`), fail))
    }
    const server = await listening(t, {})
    const { port } = server.address() as AddressInfo
    await once(createServer().listen(port, '127.0.0.1'), 'error')
    assert.deepEqual(events, [
      'asyncStart undefined',
      'asyncEnd undefined',
      'asyncStart undefined',
      'error EADDRINUSE',
    ])
  })

  it('keeps an error of its listener from the application', async (t) => {
    let faults = 0
    const stop = observeListen('asyncStart', fail, () => {
      faults += 1
    })
    await listening(t, {})
    assert.equal(faults, 1)
    stop()
    assert.equal(channel(start).hasSubscribers, false)
  })
})

describe('onListen', () => {
  it('calls back for each server until the callback returns true', async (t) => {
    const servers: Server[] = []
    onListen((server) => servers.push(server) === 2, fail)
    const first = await listening(t, {})
    const second = await listening(t, {})
    await listening(t, {})
    assert.equal(servers.length, 2)
    assert.deepEqual(servers, [first, second])
    assert.equal(channel(start).hasSubscribers, false)
  })

  it('skips a pipe unless the server speaks HTTP', async (t) => {
    const servers: Server[] = []
    onListen((server) => servers.push(server) > 0, fail)
    await listening(t, { path: pipe('net') })
    const http = await listening(t, { path: pipe('http') }, createHttpServer())
    assert.equal(servers.length, 1)
    assert.equal(servers[0], http)
  })

  it('goes on after an error of the callback, which never reaches the application', async (t) => {
    let calls = 0
    let faults = 0
    onListen(
      () => {
        calls += 1
        if (calls === 1) fail()
        return true
      },
      () => {
        faults += 1
      },
    )
    await listening(t, {})
    await listening(t, {})
    assert.deepEqual([calls, faults], [2, 1])
  })
})

function fail(): never {
  throw new Error('a fault of a listener')
}

function pipe(name: string): string {
  return join(tmpdir(), `listening-${process.pid}-${name}.socket`)
}

async function listening(
  t: TestContext,
  options: ListenOptions,
  server: Server = createServer(),
): Promise<Server> {
  t.after(() => server.close())
  server.listen(options.path === undefined ? { port: 0, host: '127.0.0.1' } : options)
  await once(server, 'listening')
  return server
}
