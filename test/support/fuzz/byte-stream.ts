import { connect, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'

/** Sizes of the parts in which bytes arrive. The last part has the rest. */
export const splits: fc.Arbitrary<readonly number[]> = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 4 }), fc.nat({ max: 200 })),
  { maxLength: 5 },
)

/** Writes the bytes in parts, each in a turn of the event loop of its own. */
export async function writeInParts(
  socket: Socket,
  bytes: Buffer,
  sizes: readonly number[],
): Promise<void> {
  let at = 0
  for (const size of [...sizes, bytes.length]) {
    if (at >= bytes.length || !socket.writable) return
    socket.write(bytes.subarray(at, at + size))
    at += size
    await setImmediate()
  }
}

/** Sends the bytes, ends, and gives everything that the server sends until it closes. */
export async function exchange(
  port: number,
  bytes: Buffer,
  sizes: readonly number[],
): Promise<Buffer> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
  const chunks: Buffer[] = []
  socket.on('error', () => {})
  socket.on('data', (chunk) => chunks.push(chunk))
  const closed = new Promise((resolve) => socket.on('close', resolve))
  // A server that closes early resets the connection.
  socket.on('end', () => socket.end())
  await writeInParts(socket, bytes, sizes)
  socket.end()
  await closed
  return Buffer.concat(chunks)
}
