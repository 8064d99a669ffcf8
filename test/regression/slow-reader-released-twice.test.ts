import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { endpointLimits } from '../../src/limits/endpoint.ts'
import { ask, pageOf, quick, serve } from '../support/endpoint/endpoint.ts'
import { eventually } from '../support/programs/app.ts'

/*
 * A client that closed its connection within the page released its reservation twice: at the
 * 'close' of the socket, and at the 'close' of the response. Each such client widened the bound of
 * unsent pages.
 */

/** Larger than the buffers of a socket. */
const page = 'x 1\n'.repeat(2_500_000)

/** Requests the page and reads only its beginning. @returns the status line. */
async function readSlowly(port: number, sockets: Socket[]): Promise<string> {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  sockets.push(socket)
  socket.write('GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n')
  const [chunk] = await once(socket, 'data')
  socket.pause()
  return String(chunk).slice(0, 12)
}

test('Clients that close within the page leave the bound of unsent pages as it was', async () => {
  const unsentPages = endpointLimits.unsentPages / 2
  const limits = { ...quick, unsentPageBytes: 1, unsentPages }
  const { port, scrapes } = await serve({ page: () => pageOf(page), limits })
  const sockets: Socket[] = []
  for (let round = 0; round < 3; round += 1) {
    const lines: string[] = []
    for (let count = 0; count < unsentPages + 1; count += 1) {
      lines.push(await readSlowly(port, sockets))
    }
    assert.deepEqual(lines, ['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 503'], `round ${round}`)
    for (const socket of sockets.splice(0)) socket.destroy()
    await eventually(async () => assert.equal((await ask(port)).status, 200))
  }
  assert.ok(scrapes.length >= 9)
})
