import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { bind } from '../../src/endpoint/binding.ts'
import { scratchDirectory } from '../support/endpoint/certificates.ts'
import { ask, at, open, page, type Served, serve, start } from '../support/endpoint/endpoint.ts'
import { type App, eventually, fixtures, freePort, startApp } from '../support/programs/app.ts'

const scratch = scratchDirectory()

describe('a port', () => {
  test('that is taken is tried again until it is free', async () => {
    const squatter = createServer().listen(0, '127.0.0.1')
    await once(squatter, 'listening')
    const { port } = squatter.address() as AddressInfo
    const failures: Error[] = []
    const bound = new Promise<string>((resolve) => {
      start({
        address: at(port),
        onBound: resolve,
        onBindFailed(error) {
          failures.push(error)
          squatter.close()
        },
      })
    })
    assert.equal(await bound, `http://127.0.0.1:${port}/metrics`)
    assert.equal((failures[0] as NodeJS.ErrnoException).code, 'EADDRINUSE')
    assert.equal((await ask(port, {})).text, page)
  })

  test('is free again when the endpoint is closed, open connections or not', async () => {
    const { port, close } = await serve()
    const socket = await open(port)
    socket.on('error', () => {})
    close()
    await once(socket.resume(), 'close')
    const squatter = createServer().listen(port, '127.0.0.1')
    await once(squatter, 'listening')
    squatter.close()
  })

  test('that is taken is let alone once the endpoint is closed', async () => {
    const squatter = createServer().listen(0, '127.0.0.1')
    await once(squatter, 'listening')
    const { port } = squatter.address() as AddressInfo
    const { close } = start({ address: at(port), onBound: () => assert.fail('bound') })
    close()
    squatter.close()
    await once(squatter, 'close')
    await assert.rejects(ask(port, {}), { code: 'ECONNREFUSED' })
  })
})

describe('the URL told', () => {
  const hosts: Record<string, string> = {
    '127.0.0.1': '127.0.0.1',
    '0.0.0.0': '127.0.0.1',
    localhost: 'localhost',
  }
  for (const [host, shown] of Object.entries(hosts)) {
    test(`of ${host} can be asked`, async () => {
      const port = await freePort()
      const url = await new Promise<string>((resolve) =>
        start({ address: { kind: 'tcp', host, port }, onBound: resolve }),
      )
      assert.equal(url, `http://${shown}:${port}/metrics`)
      assert.equal((await fetch(url)).status, 200)
    })
  }
})

describe('IPv6', () => {
  const hasIt = Object.values(networkInterfaces())
    .flat()
    .some((each) => each?.address === '::1')
  for (const host of ['::1', '::']) {
    test(`${host} is listened on, and the URL told can be asked`, async (context) => {
      if (!hasIt) return context.skip('This machine has no IPv6.')
      const { url, port } = await serve({ address: { kind: 'tcp', host, port: 0 } })
      assert.equal(url, `http://[::1]:${port}/metrics`)
      assert.equal(await (await fetch(url)).text(), page)
      if (host === '::') assert.equal((await ask(port)).text, page)
    })
  }
})

describe('a unix socket', () => {
  const pathIn = (): string => join(mkdtempSync(join(scratch, 'socket-')), 'metrics.sock')
  const served = async (path: string): Promise<Served> =>
    await serve({ address: { kind: 'unix', path } })

  test('is served on, for its owner alone, and gone when the endpoint is closed', async () => {
    const path = pathIn()
    const { url, close, scrapes } = await served(path)
    assert.equal(url, `unix:${path}`)
    const { mode } = statSync(path)
    assert.equal((mode & 0o777).toString(8), '600')
    assert.equal((await ask(0, { socketPath: path })).text, page)
    assert.deepEqual(scrapes, [200])
    close()
    await eventually(() => assert.ok(!existsSync(path)))
    await assert.rejects(ask(0, { socketPath: path }), { code: 'ENOENT' })
  })

  test('that a killed process left behind is taken over', async () => {
    const path = pathIn()
    const holder = await held(path)
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    assert.ok(statSync(path).isSocket())
    await served(path)
    assert.equal((await ask(0, { socketPath: path })).text, page)
  })

  test('is taken over again where somebody was faster, and was killed', async () => {
    const path = pathIn()
    abandon(path)
    const server = createServer()
    let attempts = 0
    const failures: unknown[] = []
    const stop = await new Promise<() => void>((resolve) => {
      const unbind = bind({
        server,
        address: { kind: 'unix', path },
        prepare() {
          attempts += 1
          // The second one finds the path free, were it not for this.
          if (attempts === 2) abandon(path)
        },
        onBound: () => resolve(unbind),
        onFailed: ({ code }: NodeJS.ErrnoException) => failures.push(code),
      })
    })
    assert.deepEqual(failures, ['EADDRINUSE'])
    stop()
    server.close()
  })

  test('that somebody listens on is let alone, and taken over once it is free', async () => {
    const path = pathIn()
    const holder = await held(path)
    const failures: Error[] = []
    const bound = new Promise<string>((resolve) => {
      start({
        address: { kind: 'unix', path },
        onBound: resolve,
        onBindFailed(error) {
          failures.push(error)
          // Twice: it is let alone at every attempt.
          if (failures.length === 2) holder.kill('SIGKILL')
        },
      })
    })
    assert.equal(await bound, `unix:${path}`)
    assert.deepEqual(
      failures.slice(0, 2).map((error) => (error as NodeJS.ErrnoException).code),
      ['EADDRINUSE', 'EADDRINUSE'],
    )
    assert.equal((await ask(0, { socketPath: path })).text, page)
  })

  const others: Record<string, (path: string) => void> = {
    'a file': (path) => writeFileSync(path, 'precious'),
    'an empty file': (path) => writeFileSync(path, ''),
  }
  for (const [title, make] of Object.entries(others)) {
    test(`whose place ${title} has is not taken from it`, async () => {
      const path = pathIn()
      make(path)
      const before = readFileSync(path, 'utf8')
      const failures: Error[] = []
      await new Promise<void>((resolve) => {
        start({
          address: { kind: 'unix', path },
          onBound: () => assert.fail('bound'),
          onBindFailed(error) {
            failures.push(error)
            if (failures.length === 2) resolve()
          },
        })
      })
      assert.match(failures[0]?.message ?? '', /metrics\.sock exists and is no socket/)
      assert.equal(readFileSync(path, 'utf8'), before)
    })
  }

  test('whose directory is missing is tried again until it is there', async () => {
    const path = join(scratch, 'none', 'metrics.sock')
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => {
      start({ address: { kind: 'unix', path }, onBindFailed: resolve })
    })
    assert.match(String(error.code), /ENOENT|EACCES/)
  })

  test('of an application that ends by itself is gone; of a killed one it is taken over', async () => {
    const path = pathIn()
    const run = async (): Promise<App> => {
      const env = { PROMETHEUS_BIND_ADDRESS: `unix:${path}` }
      const app = await startApp({ file: 'apps/exiting.cjs', env })
      await app.ready()
      await eventually(async () => assert.equal((await ask(0, { socketPath: path })).status, 200))
      return app
    }
    const killed = await run()
    await killed.stop()
    assert.ok(existsSync(path))
    const exiting = await run()
    await ask(await exiting.ready(), { path: '/exit' }).catch(() => {})
    assert.deepEqual(await exiting.ended, { code: 0, signal: null })
    assert.ok(!existsSync(path))
    assert.equal(exiting.stderr(), '')
  })
})

/** Leaves a socket's file behind that nobody listens on. */
function abandon(path: string): void {
  const program =
    'require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))'
  assert.equal(spawnSync(process.execPath, ['--eval', program, path]).signal, 'SIGKILL')
  assert.ok(statSync(path).isSocket())
}

async function held(path: string) {
  const holder = spawn(process.execPath, [join(fixtures, 'apps/socket-holder.cjs'), path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(holder.stdout, 'data')
  return holder
}
