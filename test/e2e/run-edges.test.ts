import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { eventually } from '../support/app.ts'
import { get } from '../support/load.ts'
import { countLines, type Master, type MasterOptions, startMaster } from '../support/master.ts'
import { sum } from '../support/page.ts'

const directory = mkdtempSync(join(tmpdir(), 'run-edges-'))

after(() => rmSync(directory, { recursive: true }))

async function withMaster(
  options: MasterOptions,
  act: (master: Master) => Promise<void>,
): Promise<void> {
  const master = await startMaster(options)
  try {
    await act(master)
  } finally {
    await master.stop()
  }
}

test('HUP to code that hangs in its boot: the old workers serve on', async () => {
  const file = join(directory, 'app.cjs')
  const good = `require('node:http').createServer((_, response) => response.end('good'))
    .listen(Number(process.env.PORT), '127.0.0.1')`
  writeFileSync(file, good)
  await withMaster({ file, options: ['--timeout', '1'] }, async (master) => {
    const [pid] = await master.serving(1)
    writeFileSync(file, 'for (;;);')
    master.signal('SIGHUP')
    await eventually(() => assert.ok(countLines(master.stderr(), 'WORKER TIMEOUT') >= 2))
    assert.equal((await get(master.port, '/')).body, 'good')
    assert.ok(master.workers().includes(pid ?? 0))
    writeFileSync(file, good.replaceAll('good', 'better'))
    await eventually(async () => assert.equal((await get(master.port, '/')).body, 'better'), 60_000)
  })
})

test('HUP right behind WINCH: new workers listen when the old ones have left', async () => {
  await withMaster({ options: ['-w', '2'] }, async (master) => {
    const before = await master.serving(2)
    master.signal('SIGWINCH')
    await eventually(() => assert.match(master.stderr(), /Handling signal: winch/))
    master.signal('SIGHUP')
    await eventually(() => assert.equal(countLines(master.stderr(), 'Booting worker'), 4))
    const pids = await master.serving(2)
    assert.ok(pids.every((pid) => !before.includes(pid)))
    assert.equal((await get(master.port, '/')).status, 200)
  })
})

test('a connection that never says a word does not keep a worker from retiring', async () => {
  await withMaster({ options: ['--keep-alive', '0.5'] }, async (master) => {
    await master.serving(1)
    const silent = await open(master.port)
    master.signal('SIGHUP')
    await eventually(() => assert.match(master.stderr(), /ended by code 0 \(hup\)/))
    assert.doesNotMatch(master.stderr(), /SIGKILL/)
    silent.destroy()
  })
})

test('--keep-alive 0: every response ends its connection', async () => {
  await withMaster({ options: ['--keep-alive', '0'] }, async (master) => {
    await master.serving(1)
    const socket = await open(master.port)
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    const text = Buffer.concat(await socket.toArray()).toString()
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n/)
    assert.match(text, /\r\nConnection: close\r\n/)
  })
})

test('SIGTERM to a worker: it is replaced at once and finishes what is in flight', async () => {
  await withMaster({}, async (master) => {
    const [pid = 0] = await master.serving(1)
    const slow = get(master.port, '/slow')
    await eventually(async () => {
      assert.equal(sum(await master.page(), 'gunicorn_worker_requests_in_flight'), 1)
    })
    process.kill(pid, 'SIGTERM')
    await eventually(() => assert.equal(countLines(master.stderr(), 'Booting worker'), 2))
    assert.equal((await slow).body, String(pid))
    assert.match(master.stderr(), new RegExp(`\\[INFO\\] Worker \\(pid:${pid}\\) ended by code 0`))
    const [next] = await master.serving(1)
    assert.equal((await get(master.port, '/')).body, String(next))
  })
})

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}
