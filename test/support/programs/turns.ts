import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

export interface TurnCounter {
  readonly port: number
  /** Round trips: how often a client sent data after a response of the server. */
  readonly count: () => number
  /** Bytes that the server sent. */
  readonly sentBytes: () => number
}

/** A proxy to a local server that counts round trips and bytes, and ends with the test. */
export async function countTurns(context: TestContext, target: number): Promise<TurnCounter> {
  let [turns, sentBytes] = [0, 0]
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    let isAnswered = true
    client.on('data', () => {
      if (isAnswered) turns += 1
      isAnswered = false
    })
    upstream.on('data', ({ length }) => {
      isAnswered = true
      sentBytes += length
    })
    for (const [socket, peer] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => peer.destroy())
      socket.pipe(peer)
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = server.address() as AddressInfo
  return { port, count: () => turns, sentBytes: () => sentBytes }
}
