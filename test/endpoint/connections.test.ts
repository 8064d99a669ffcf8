import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { describe, test } from 'node:test'
import { Connections, type DropReason } from '../../src/endpoint/connections.ts'

/** A socket without a connection. Without a port, the socket looks like one of a unix socket. */
function socketAt(remotePort?: number): Socket {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: remotePort && '127.0.0.1' })
  Object.defineProperty(socket, 'remotePort', { value: remotePort })
  return socket
}

function limited(limit: number) {
  const drops: DropReason[] = []
  return { connections: new Connections(limit, (reason) => drops.push(reason)), drops }
}

async function closed(socket: Socket): Promise<void> {
  await new Promise((resolve) => socket.once('close', resolve))
}

describe('Connections', () => {
  test('is crowded above half of the limit', () => {
    const { connections } = limited(4)
    for (const port of [1, 2]) connections.add(socketAt(port))
    assert.equal(connections.isCrowded, false)
    connections.add(socketAt(3))
    assert.equal(connections.isCrowded, true)
  })

  test('replaces the oldest idle connection at the limit', () => {
    const { connections, drops } = limited(2)
    const [first, second, third, fourth] = [1, 2, 3, 4].map(socketAt) as [
      Socket,
      Socket,
      Socket,
      Socket,
    ]
    for (const socket of [first, second]) connections.add(socket)
    assert.deepEqual([connections.size, drops], [2, []])
    connections.add(third)
    assert.deepEqual([first.destroyed, second.destroyed, third.destroyed], [true, false, false])
    assert.deepEqual([connections.size, drops], [2, ['evicted']])
    connections.add(fourth)
    assert.equal(second.destroyed, true)
    assert.deepEqual(drops, ['evicted', 'evicted'])
  })

  test('skips a connection with a page under way until its last response ends', () => {
    const { connections, drops } = limited(2)
    const [busy, idle] = [socketAt(1), socketAt(2)]
    for (const socket of [busy, idle]) connections.add(socket)
    const [end, endSecond] = [connections.begin(busy), connections.begin(busy)]
    connections.add(socketAt(3))
    assert.deepEqual([busy.destroyed, idle.destroyed], [false, true])
    end()
    connections.add(socketAt(4))
    assert.equal(busy.destroyed, false)
    endSecond()
    connections.add(socketAt(5))
    assert.equal(busy.destroyed, true)
    assert.deepEqual(drops, ['evicted', 'evicted', 'evicted'])
  })

  test('refuses a new connection while every connection has a page under way', () => {
    const { connections, drops } = limited(1)
    const busy = socketAt(1)
    connections.add(busy)
    connections.begin(busy)
    const refused = socketAt(2)
    connections.add(refused)
    assert.deepEqual([busy.destroyed, refused.destroyed], [false, true])
    assert.deepEqual([connections.size, drops], [1, ['refused']])
  })

  test('refuses a new connection over a unix socket at the limit', () => {
    const { connections, drops } = limited(1)
    const [first, second] = [socketAt(), socketAt()]
    connections.add(first)
    connections.begin(first)()
    connections.add(second)
    assert.deepEqual([first.destroyed, second.destroyed], [false, true])
    assert.deepEqual(drops, ['refused'])
  })

  test('has room again after a connection closes, together with its requests', async () => {
    const { connections, drops } = limited(1)
    const busy = socketAt(1)
    connections.add(busy)
    connections.begin(busy)
    busy.destroy()
    await closed(busy)
    assert.equal(connections.size, 0)
    // The next client may have the same address and port.
    connections.add(socketAt(1))
    connections.add(socketAt(2))
    assert.deepEqual(drops, ['evicted'])
  })

  test('destroys every connection when all are closed', () => {
    const { connections } = limited(3)
    const sockets = [socketAt(1), socketAt(2), socketAt()]
    for (const socket of sockets) connections.add(socket)
    connections.closeAll()
    assert.ok(sockets.every(({ destroyed }) => destroyed))
  })
})
