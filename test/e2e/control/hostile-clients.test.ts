import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { test } from 'node:test'
import { controlLimits } from '../../../src/limits/tools/control.ts'
import { encodeFrame } from '../../../src/master/control/frame.ts'
import {
  answerOf,
  type ControlledMaster,
  controlledMaster,
  dataOf,
} from '../../support/control/control-client.ts'
import { eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { sum } from '../../support/prometheus/page.ts'
import { Random } from '../../support/random.ts'

/* Clients that send nonsense, too much, too little, or too slowly. */

const randomFrames = 100_000

function open(path: string): Socket {
  const client = createConnection(path)
  client.on('error', () => {})
  return client
}

function header(bytes: number): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt32BE(bytes)
  return head
}

async function servesOn({ socket, port, child }: ControlledMaster): Promise<void> {
  const { pid } = await eventually(() => dataOf(socket, 'show stats'))
  assert.equal(pid, child.pid)
  await eventually(async () => assert.equal((await get(port, '/')).status, 200), 60_000)
  assert.equal(child.exitCode, null)
}

test('Hostile clients of a control socket neither end nor block the master', async (context) => {
  const master = await controlledMaster(context)
  const { socket } = master

  await context.test('a length bomb gets an error and the end of the connection', async () => {
    for (const bytes of [controlLimits.requestBytes + 1, 2 ** 31, 2 ** 32 - 1]) {
      const client = open(socket)
      client.write(header(bytes))
      const answer = JSON.stringify(await answerOf(client))
      assert.match(answer, new RegExp(`the request has ${bytes} bytes; allowed are 65536`))
      await once(client, 'close')
    }
    await servesOn(master)
  })

  await context.test('halves of requests, and ends in the middle', async () => {
    const frame = encodeFrame({ id: 1, command: 'worker add 1' })
    for (let bytes = 0; bytes < frame.length; bytes += 1) {
      const client = open(socket)
      client.write(frame.subarray(0, bytes))
      if (bytes % 2 === 0) client.destroy()
      else client.end()
    }
    await servesOn(master)
    assert.equal((await dataOf(socket, 'show stats'))['workers_target'], 1)
  })

  await context.test('a client that goes before the answer', async () => {
    for (let count = 0; count < 200; count += 1) {
      const client = open(socket)
      client.write(encodeFrame({ id: 1, command: 'show config' }), () => client.destroy())
    }
    await servesOn(master)
  })

  await context.test('a second request before the answer to the first', async () => {
    const client = open(socket)
    const frame = encodeFrame({ id: 1, command: 'show routes' })
    client.write(Buffer.concat([frame, frame]))
    assert.match(JSON.stringify(await answerOf(client)), /came before the answer/)
    await servesOn(master)
  })

  await context.test('100,000 random frames', async () => {
    const random = new Random(4711)
    let sent = 0
    const lanes = Array.from({ length: 8 }, async () => {
      while (sent < randomFrames) {
        const client = open(socket)
        client.resume()
        const frames = Array.from({ length: 50 }, () => {
          const body = Buffer.from(
            Array.from({ length: random.below(40) }, () => random.below(256)),
          )
          return random.chance(0.25) ? body : Buffer.concat([header(body.length), body])
        })
        sent += frames.length
        client.end(Buffer.concat(frames))
        await new Promise((resolve) => client.once('close', resolve))
      }
    })
    await Promise.all(lanes)
    await servesOn(master)
  })

  await context.test(
    '500 connections: an idle connection makes room for a new client',
    async () => {
      const clients = Array.from({ length: 500 }, () => open(socket))
      for (const client of clients) client.resume()
      await servesOn(master)
      await eventually(() => {
        const kept = clients.filter(({ destroyed }) => !destroyed).length
        assert.ok(kept <= controlLimits.clients, `${kept} connections`)
      }, 60_000)
      for (const client of clients) client.destroy()
      await servesOn(master)
    },
  )

  await context.test('a client that sends a request slowly starves no other client', async () => {
    const slow = open(socket)
    const frame = encodeFrame({ id: 1, command: 'help' })
    for (const byte of frame.subarray(0, 6)) {
      slow.write(Buffer.from([byte]))
      await servesOn(master)
    }
    // The deadline of a request ends the connection.
    await once(slow.resume(), 'close')
    await servesOn(master)
  })

  await context.test('are counted as faults on the page', async () => {
    await eventually(async () => {
      const page = await master.page()
      const name = 'gunicorn_exporter_faults_total'
      const faults = sum(page, name, { component: 'exporter_control_socket' })
      assert.ok(faults > 100, `${faults} faults`)
    })
  })
})
