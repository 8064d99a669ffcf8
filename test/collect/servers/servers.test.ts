import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer, Socket } from 'node:net'
import { describe, it } from 'node:test'
import { connectTo, listening, observing } from '../../support/observed-servers.ts'
import { eventually } from '../../support/programs/app.ts'

describe('Servers', () => {
  it('counts a fault for a server beyond its limit and observes the others', async (t) => {
    const { servers, faults } = observing(t, 2)
    const first = await listening(t)
    await listening(t)
    assert.deepEqual(faults, [])
    const beyond = await listening(t)
    assert.deepEqual(faults, ['servers_limit'])
    await connectTo(t, first)
    await connectTo(t, beyond)
    await eventually(() => assert.equal(servers.connections(), 1))
  })

  it('listens while a server with HTTP or without listens', async (t) => {
    const { servers } = observing(t)
    assert.equal(servers.isListening, false)
    const web = await listening(t)
    const raw = createServer().listen(0, '127.0.0.1')
    await once(raw, 'listening')
    web.close()
    await once(web, 'close')
    assert.equal(servers.isListening, true)
    raw.close()
    assert.equal(servers.isListening, false)
  })

  it('counts connections that another server of the process passes on', async (t) => {
    const { servers } = observing(t)
    const web = createHttpServer((_request, response) => response.end('hello'))
    const front = createServer((socket) => web.emit('connection', socket)).listen(0, '127.0.0.1')
    t.after(() => front.close())
    await once(front, 'listening')
    servers.observe(web)
    const socket = await connectTo(t, front)
    await eventually(() => assert.equal(servers.connections(), 1))
    socket.destroy()
    await eventually(() => assert.equal(servers.connections(), 0))
  })

  it('listens from the first handed-over socket until the server closes', (t) => {
    const { servers } = observing(t)
    const web = createHttpServer()
    servers.observe(web, new Socket())
    assert.equal(servers.isListening, true)
    assert.equal(servers.connections(), 1)
    web.emit('close')
    assert.equal(servers.isListening, false)
  })

  it('observes another server after an observed server closes', async (t) => {
    const { servers, faults } = observing(t, 1)
    const first = await listening(t)
    first.close()
    await once(first, 'close')
    await connectTo(t, await listening(t))
    await eventually(() => assert.equal(servers.connections(), 1))
    assert.deepEqual(faults, [])
  })
})
