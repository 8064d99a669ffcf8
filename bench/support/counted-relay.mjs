import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/** A proxy to a port of 127.0.0.1 that counts the bytes of the server. */
export async function startRelay(target) {
  let bytes = 0
  const sockets = new Set()
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    upstream.on('data', ({ length }) => {
      bytes += length
    })
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: server.address().port,
    bytes: () => bytes,
    stop() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
