import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { eventually, fixtures, nodeUnderTest, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { command, countLines, withMaster } from '../../support/programs/master.ts'
import { sum } from '../../support/prometheus/page.ts'

const directory = mkdtempSync(join(tmpdir(), 'run-edges-'))

after(() => rmSync(directory, { recursive: true }))

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

const laterWorkers: Record<string, string> = {
  'never serves': 'setInterval(() => {}, 1_000)',
  'dies in its boot, again and again': 'setTimeout(() => process.exit(1), 300)',
}
for (const [title, boot] of Object.entries(laterWorkers)) {
  test(`TTOU where the worker of a TTIN ${title}: the one that serves stays`, async () => {
    const file = join(directory, 'later.cjs')
    writeFileSync(
      file,
      `if (require('node:cluster').worker.id > 1) ${boot}
       else require('node:http').createServer((_, response) => response.end('serves'))
         .listen(Number(process.env.PORT), '127.0.0.1')`,
    )
    await withMaster({ file }, async (master) => {
      const [pid = 0] = await master.serving(1)
      const booting = async (count: number): Promise<void> => {
        await eventually(() => {
          assert.equal(master.workers().length, 2)
          assert.ok(countLines(master.stderr(), 'Booting worker') >= count)
        })
      }
      master.signal('SIGTTIN')
      await booting(boot.includes('exit') ? 4 : 2)
      master.signal('SIGTTOU')
      await eventually(() => assert.match(master.stderr(), /ended by .+ \(ttou\)/))
      assert.deepEqual(await master.serving(1), [pid])
      assert.equal((await get(master.port, '/')).body, 'serves')
    })
  })
}

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

const obstinate = `const { createServer } = require('node:http')
  createServer((request, response) => {
    response.setHeader('Connection', 'keep-alive')
    const { pathname, searchParams } = new URL(request.url, 'http://a')
    if (pathname === '/stream') response.write('begun ')
    setTimeout(() => response.end('served'), Number(searchParams.get('ms')))
  }).listen(Number(process.env.PORT), '127.0.0.1')`

test('an application that says keep-alive itself: retiring and --keep-alive 0 fail no request', async () => {
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
    // The old worker retires from when the new one listens: until then its answers say what the application does.
    await eventually(async () => {
      assert.match(await answerOn(quick), /\r\nConnection: close\r\n/)
    })
    assert.match(await underWay, /\r\nConnection: close\r\n(?:.|\r\n)*served$/)
    await eventually(() => assert.match(master.stderr(), /ended by code 0 \(hup\)/))
  })
})

test('a connection that became idle a moment ago has its time when its worker retires', async () => {
  const file = join(directory, 'obstinate.cjs')
  writeFileSync(file, obstinate)
  await withMaster({ file, options: ['--keep-alive', '2'] }, async (master) => {
    await master.serving(1)
    let begun = 0
    // Their heads are sent before, and say keep-alive; they end around the time when idle ones are ended.
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
    for (const again of await Promise.all(streams)) {
      assert.match(again, /\r\nConnection: close\r\n(?:.|\r\n)*served$/)
    }
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
    const ended = new RegExp(`\\[INFO\\] Worker \\(pid:${pid}\\) ended by code 0`)
    await eventually(() => assert.match(master.stderr(), ended))
    const [next] = await master.serving(1)
    assert.equal((await get(master.port, '/')).body, String(next))
    const name = 'gunicorn_master_worker_restarts_total'
    await eventually(async () => assert.equal(sum(await master.page(), name), 1))
    master.signal('SIGTTIN')
    await master.serving(2)
    assert.equal(sum(await master.page(), name), 1)
  })
})

const languages: Record<string, string> = {
  'app.mjs': `import { createServer } from 'node:http'
    createServer((_, response) => response.end('served')).listen(process.env.PORT, '127.0.0.1')`,
  'app.mts': `import { createServer, type Server } from 'node:http'
    const server: Server = createServer((_, response) => response.end('served'))
    server.listen(Number(process.env.PORT), '127.0.0.1')`,
}
for (const [name, source] of Object.entries(languages)) {
  // Node before 22.18 does not strip types.
  if (name.endsWith('ts') && !stripsTypes()) continue
  test(`serves ${name}`, async () => {
    const file = join(directory, name)
    writeFileSync(file, source)
    await withMaster({ file, options: ['-w', '2'] }, async (master) => {
      await master.serving(2)
      assert.equal((await get(master.port, '/')).body, 'served')
    })
  })
}

test('runMaster: options and hooks in code, and what is wrong is thrown', async () => {
  const entry = join(dirname(command), 'run-master.mjs')
  const app = await startApp({
    file: 'apps/run/own-master.mjs',
    preload: 'none',
    args: [join(fixtures, 'apps/run/served.cjs')],
    env: { PACKAGE: pathToFileURL(entry).href },
  })
  try {
    await eventually(() => assert.match(app.stdout(), /^ready$/m))
    assert.match(app.stdout(), /^ConfigError: --workers is "0".* --keep-alive is "-1"/m)
    await eventually(async () => {
      assert.equal(sum(await app.page(), 'gunicorn_master_workers', { state: 'listening' }), 2)
    })
    app.child.kill('SIGTERM')
    assert.deepEqual(await app.ended, { code: 0, signal: null })
    assert.equal(app.stdout().match(/^ended term$/gm)?.length, 2)
  } finally {
    await app.stop()
  }
})

function stripsTypes(): boolean {
  const program = 'process.stdout.write(String(process.features.typescript))'
  return execFileSync(nodeUnderTest, ['--eval', program], { encoding: 'utf8' }) === 'strip'
}

/** One answer on a connection that stays open, as it came; what came before where it was cut. */
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
