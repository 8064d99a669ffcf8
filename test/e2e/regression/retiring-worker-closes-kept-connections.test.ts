// Bug: an application that sends `Connection: keep-alive` itself overrode the `close` of a retiring
// worker, and clients sent their next request to a closed connection. The drain also measured idle
// time by its own interval and closed a connection that had just become idle.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../../support/programs/app.ts'
import { withMaster } from '../../support/programs/master.ts'
import { sum } from '../../support/prometheus/page.ts'

const directory = mkdtempSync(join(tmpdir(), 'run-edges-'))

const obstinate = `const { createServer } = require('node:http')
  createServer((request, response) => {
    response.setHeader('Connection', 'keep-alive')
    const { pathname, searchParams } = new URL(request.url, 'http://a')
    if (pathname === '/stream') response.write('begun ')
    setTimeout(() => response.end('served'), Number(searchParams.get('ms')))
  }).listen(Number(process.env.PORT), '127.0.0.1')`

after(() => rmSync(directory, { recursive: true }))

test('No request fails at a reload if the application sends keep-alive', async () => {
  const file = join(directory, 'obstinate.cjs')
  writeFileSync(file, obstinate)
  await withMaster({ file, options: ['--keep-alive', '0'] }, async (master) => {
    await master.serving(1)
    assert.match(await answerOn(await open(master.port)), /\r\nConnection: close\r\n/)
  })
  await withMaster({ file, options: ['--keep-alive', '5'] }, async (master) => {
    await master.serving(1)
    const [quick, slow] = [await open(master.port), await open(master.port)]
    assert.match(await answerOn(quick), /\r\nConnection: keep-alive\r\n/)
    const underWay = answerOn(slow, '/?ms=3000')
    await eventually(async () => {
      assert.equal(sum(await master.page(), 'gunicorn_worker_requests_in_flight'), 1)
    })
    master.signal('SIGHUP')
    // The old worker retires once the new worker listens. Until then, its responses have the
    // header of the application.
    await eventually(async () => {
      assert.match(await answerOn(quick), /\r\nConnection: close\r\n/)
    })
    assert.match(await underWay, /\r\nConnection: close\r\n(?:.|\r\n)*served$/)
    await eventually(() => assert.match(master.stderr(), /ended with code 0 \(hup\)/))
  })
})

test('A connection keeps its idle time when its worker retires', async () => {
  const file = join(directory, 'obstinate.cjs')
  writeFileSync(file, obstinate)
  await withMaster({ file, options: ['--keep-alive', '2'] }, async (master) => {
    await master.serving(1)
    let begun = 0
    // Their heads are sent before and have keep-alive. The responses end around the time when the
    // worker closes idle connections.
    const streams = Array.from({ length: 100 }, async (_, index) => {
      const socket = await open(master.port)
      const stream = answerOn(socket, `/stream?ms=${1_800 + 20 * index}`)
      socket.once('data', () => {
        begun += 1
      })
      assert.match(await stream, /\r\nConnection: keep-alive\r\n/)
      await sleep(30)
      return await answerOn(socket)
    })
    await eventually(() => assert.equal(begun, streams.length))
    master.signal('SIGHUP')
    // On a busy machine, the new worker can listen later than a stream ends. Then the old worker
    // does not retire yet.
    for (const again of await Promise.all(streams)) {
      assert.match(again, /\r\nConnection: (?:close|keep-alive)\r\n(?:.|\r\n)*served$/)
    }
  })
})

/** One response on an open connection, or the part of it that arrived before the cut. */
async function answerOn(socket: Socket, path = '/'): Promise<string> {
  let text = ''
  if (socket.destroyed) return text
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
  return await new Promise((resolve) => {
    const done = (): void => {
      socket.off('data', onData).off('close', done)
      resolve(text)
    }
    const onData = (data: Buffer): void => {
      text += data.toString()
      if (text.includes('served')) done()
    }
    socket.on('data', onData).once('close', done)
  })
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}
