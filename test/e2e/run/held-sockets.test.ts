import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { get as getAt, type IncomingMessage, type RequestOptions } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { socketLimits } from '../../../src/limits/master.ts'
import { eventually, freePort } from '../../support/programs/app.ts'
import { countLines, type Master, startMaster } from '../../support/programs/master.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

/** A master until the end of the test. */
async function master(
  context: TestContext,
  options: Parameters<typeof startMaster>[0],
): Promise<Master> {
  const started = await startMaster(options)
  context.after(() => started.stop())
  return started
}

/** The body of a response on a connection of its own. */
async function ask(options: RequestOptions): Promise<string> {
  const request = getAt({ agent: false, ...options })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return (await response.toArray()).join('')
}

async function refused(options: { readonly port: number; readonly host?: string }): Promise<void> {
  await eventually(async () => {
    const socket = connect({ host: '127.0.0.1', ...options })
    const [error] = await Promise.race([once(socket, 'error'), once(socket, 'connect')])
    socket.destroy()
    assert.equal(error?.code, 'ECONNREFUSED')
  }, 30_000)
}

async function program(context: TestContext, source: string): Promise<string> {
  const file = join(await temporaryDirectory(context), 'app.cjs')
  writeFileSync(file, source)
  return file
}

/** Answers with the pid; `/stream` never ends, `/close` closes the server. */
const source = `const { createServer } = require('node:http')
const server = createServer((request, response) => {
  if (request.url === '/stream') {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    return response.write('data: 1\\n\\n')
  }
  response.end(String(process.pid))
  if (request.url === '/close') server.close()
})
const target = process.env.TARGET
server.listen(target ? JSON.parse(target) : { port: Number(process.env.PORT), host: '127.0.0.1' })
`

/** Kills the only worker, and asks at once. The answer comes from another worker. */
async function survivesKill(run: Master, target: RequestOptions): Promise<void> {
  await eventually(() => ask(target))
  for (let time = 1; time <= 3; time += 1) {
    const pid = Number(await ask(target))
    process.kill(pid, 'SIGKILL')
    await eventually(() => assert.match(run.stderr(), new RegExp(`pid:${pid}\\) ended`)))
    assert.notEqual(Number(await ask(target)), pid)
  }
}

describe('With --workers 1, the port stays open', () => {
  test('when the worker is killed, and connections wait for the next worker', async (context) => {
    const run = await master(context, { file: await program(context, source) })
    await survivesKill(run, { port: run.port, host: '127.0.0.1' })
  })

  test('on a unix socket', async (context) => {
    const path = join(await temporaryDirectory(context), 'socket')
    const env = { TARGET: JSON.stringify({ path }) }
    const run = await master(context, { file: await program(context, source), env })
    await survivesKill(run, { socketPath: path })
    run.signal('SIGTERM')
    await run.ended
    assert.equal(existsSync(path), false)
  })

  test('on an IPv6 address', async (context) => {
    const port = await freePort()
    const env = { TARGET: JSON.stringify({ host: '::1', port }) }
    const run = await master(context, { file: await program(context, source), env })
    await survivesKill(run, { port, host: '::1' })
  })

  test('on port 0, and the port stays the same', async (context) => {
    const text = `${source}server.on('listening', () => console.log('port', server.address().port))`
    const env = { TARGET: JSON.stringify({ host: '127.0.0.1', port: 0 }) }
    const run = await master(context, { file: await program(context, text), env })
    const port = await eventually(() => {
      const [, found] = /port (\d+)/.exec(run.stdout()) ?? []
      assert.ok(found)
      return Number(found)
    })
    await survivesKill(run, { port, host: '127.0.0.1' })
  })
})

test('WINCH keeps the port open, and HUP brings workers beside an open stream', async (context) => {
  const run = await master(context, { file: await program(context, source), options: ['-w', '2'] })
  await run.serving(2)
  const target = { port: run.port, host: '127.0.0.1' }
  const stream = getAt({ agent: false, path: '/stream', ...target })
  stream.on('error', () => {})
  await once(stream, 'response')
  run.signal('SIGWINCH')
  await eventually(() => assert.equal(run.workers().length, 1))
  const waiting = ask(target)
  run.signal('SIGHUP')
  assert.match(await waiting, /^\d+$/)
  stream.destroy()
})

test('While no worker listens, a bounded number of connections waits', async (context) => {
  const run = await master(context, { file: await program(context, source) })
  const target = { port: run.port, host: '127.0.0.1' }
  await eventually(() => ask(target))
  run.signal('SIGWINCH')
  await eventually(() => assert.deepEqual(run.workers(), []))
  const [answers, closes]: [string[], Socket[]] = [[], []]
  const surplus = 10
  const sockets = Array.from({ length: socketLimits.waiting + surplus }, () => {
    const socket = connect(target)
    socket.on('error', () => {}).on('close', () => closes.push(socket))
    socket.on('data', (data) => answers.push(String(data)))
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    return socket
  })
  context.after(() => {
    for (const socket of sockets) socket.destroy()
  })
  await eventually(() => assert.equal(closes.length, surplus))
  assert.equal(answers.length, 0)
  run.signal('SIGTTIN')
  await eventually(() => assert.equal(answers.length, socketLimits.waiting), 60_000)
  assert.match(run.stderr(), new RegExp(`closed ${surplus} connections while no worker listened`))
})

test('An application that closes its server closes the port', async (context) => {
  const run = await master(context, {
    file: await program(context, `${source}setInterval(() => {}, 1e3)`),
  })
  const target = { port: run.port, host: '127.0.0.1' }
  await eventually(() => ask(target))
  const [pid] = run.workers()
  await ask({ ...target, path: '/close' })
  await refused({ port: run.port })
  assert.deepEqual(run.workers(), [pid])
})

test('HUP to code without a port closes the port', async (context) => {
  const other = await freePort()
  const second = `require('node:http').createServer((_, r) => r.end('second'))
    .listen(${other}, '127.0.0.1')`
  const file = await program(context, `${source}${second}`)
  const run = await master(context, { file })
  await eventually(() => ask({ port: other, host: '127.0.0.1' }))
  await run.serving(1)
  // Without the message, the master waits for the second port.
  writeFileSync(file, `${source}server.on('listening', () => process.send('ready'))`)
  run.signal('SIGHUP')
  await refused({ port: other })
  assert.match(await ask({ port: run.port, host: '127.0.0.1' }), /^\d+$/)
  assert.equal(countLines(run.stderr(), 'Booting worker with pid'), 2)
})
