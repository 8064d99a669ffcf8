import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { TestContext } from 'node:test'

export interface StatsdReceiver {
  readonly port: number
  readonly datagrams: readonly string[]
  /** The lines of all datagrams so far. */
  readonly lines: () => string[]
  /** From now on, nothing receives at the port. */
  readonly close: () => void
}

/** Receives StatsD by UDP until the end of the test. */
export async function statsdReceiver(context: TestContext): Promise<StatsdReceiver> {
  const socket = createSocket('udp4')
  const datagrams: string[] = []
  socket.on('message', (bytes) => datagrams.push(bytes.toString()))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  let isOpen = true
  const close = (): void => {
    if (isOpen) socket.close()
    isOpen = false
  }
  context.after(close)
  const lines = (): string[] => datagrams.flatMap((each) => each.split('\n'))
  return { port: socket.address().port, datagrams, lines, close }
}
