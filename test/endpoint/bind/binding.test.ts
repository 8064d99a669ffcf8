import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { type AddressInfo, createServer, Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, test } from 'node:test'
import { bind } from '../../../src/endpoint/bind/binding.ts'
import { endpointLimits } from '../../../src/limits/endpoint.ts'
import { scratchDirectory } from '../../support/endpoint/certificates.ts'
import {
  ask,
  at,
  open,
  page,
  quick,
  type Served,
  serve,
  start,
} from '../../support/endpoint/endpoint.ts'
import { eventually, fixtures, freePort } from '../../support/programs/app.ts'

const scratch = scratchDirectory()

describe('An endpoint on a port', () => {
  test('listens once a taken port is free', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const failures: Error[] = []
    const bound = new Promise<string>((resolve) => {
      start({
        address: at(port),
        onBound: resolve,
        onBindFailed(error) {
          failures.push(error)
          other.close()
        },
      })
    })
    assert.equal(await bound, `http://127.0.0.1:${port}/metrics`)
    assert.equal((failures[0] as NodeJS.ErrnoException).code, 'GPE_PORT_IN_USE')
    assert.equal((await ask(port, {})).text, page)
  })

  test('frees the port when it closes, despite open connections', async () => {
    const { port, close } = await serve()
    const socket = await open(port)
    socket.on('error', () => {})
    close()
    await once(socket.resume(), 'close')
    const other = createServer().listen(port, '127.0.0.1')
    await once(other, 'listening')
    other.close()
  })

  test('stops its attempts when it closes', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const { close } = start({ address: at(port), onBound: () => assert.fail('bound') })
    close()
    other.close()
    await once(other, 'close')
    await assert.rejects(ask(port, {}), { code: 'ECONNREFUSED' })
  })
})

describe('The URL of an endpoint', () => {
  const hosts: Record<string, string> = {
    '127.0.0.1': '127.0.0.1',
    '0.0.0.0': '127.0.0.1',
    localhost: 'localhost',
  }
  for (const [host, shown] of Object.entries(hosts)) {
    test(`on ${host} works`, async () => {
      const port = await freePort()
      const url = await new Promise<string>((resolve) =>
        start({ address: { kind: 'tcp', host, port }, onBound: resolve }),
      )
      assert.equal(url, `http://${shown}:${port}/metrics`)
      assert.equal((await fetch(url)).status, 200)
    })
  }
})

describe('An endpoint on IPv6', () => {
  const hasIt = Object.values(networkInterfaces())
    .flat()
    .some((each) => each?.address === '::1')
  for (const host of ['::1', '::']) {
    test(`${host} has a URL that works`, async (context) => {
      if (!hasIt) return context.skip('This machine has no IPv6.')
      const { url, port } = await serve({ address: { kind: 'tcp', host, port: 0 } })
      assert.equal(url, `http://[::1]:${port}/metrics`)
      assert.equal(await (await fetch(url)).text(), page)
      if (host === '::') assert.equal((await ask(port)).text, page)
    })
  }
})

describe('An endpoint on a unix socket', () => {
  const pathIn = (): string => join(mkdtempSync(join(scratch, 'socket-')), 'metrics.sock')
  const served = async (path: string): Promise<Served> =>
    await serve({ address: { kind: 'unix', path } })

  test('serves only its owner and removes the file when it closes', async () => {
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

  test('replaces the file of a killed process', async () => {
    const path = pathIn()
    const holder = await held(path)
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    assert.ok(statSync(path).isSocket())
    await served(path)
    assert.equal((await ask(0, { socketPath: path })).text, page)
  })

  test('waits while another process listens', async () => {
    const path = pathIn()
    const holder = await held(path)
    const failures: Error[] = []
    const bound = new Promise<string>((resolve) => {
      start({
        address: { kind: 'unix', path },
        onBound: resolve,
        onBindFailed(error) {
          failures.push(error)
          // The second attempt leaves the file alone too.
          if (failures.length === 2) holder.kill('SIGKILL')
        },
      })
    })
    assert.equal(await bound, `unix:${path}`)
    assert.deepEqual(
      failures.slice(0, 2).map((error) => (error as NodeJS.ErrnoException).code),
      ['GPE_PORT_IN_USE', 'GPE_PORT_IN_USE'],
    )
    assert.equal((await ask(0, { socketPath: path })).text, page)
  })

  const others: Record<string, (path: string) => void> = {
    'a regular file': (path) => writeFileSync(path, 'precious'),
    'an empty file': (path) => writeFileSync(path, ''),
  }
  for (const [title, make] of Object.entries(others)) {
    test(`never replaces ${title}`, async () => {
      const path = pathIn()
      make(path)
      const before = readFileSync(path, 'utf8')
      const { mode } = statSync(path)
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
      assert.match(failures[0]?.message ?? '', /metrics\.sock exists and is not a socket/)
      assert.equal(readFileSync(path, 'utf8'), before)
      assert.equal(statSync(path).mode, mode)
    })
  }

  test('reports a missing directory', async () => {
    const path = join(scratch, 'none', 'metrics.sock')
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => {
      start({ address: { kind: 'unix', path }, onBindFailed: resolve })
    })
    assert.equal(error.code, 'GPE_SOCKET_PATH')
    assert.match(String((error.cause as NodeJS.ErrnoException).code), /ENOENT|EACCES/)
  })
})

describe('bind', () => {
  const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const notReady = new Error('not ready')

  /** Binds with a preparation that fails. Returns the errors, the attempts and the stop. */
  function failing(onFailed: (stop: () => void) => void = () => {}) {
    const errors: Error[] = []
    let attempts = 0
    const stop = bind({
      server: createServer(),
      address: at(0),
      limits: endpointLimits,
      prepare() {
        attempts += 1
        throw notReady
      },
      onBound: () => assert.fail('bound'),
      onFailed(error) {
        errors.push(error)
        onFailed(stop)
      },
    })
    return { errors, attempts: () => attempts, stop }
  }

  test('doubles pauses from endpointLimits.bindRetryFirstMs to the last pause', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const { bindRetryFirstMs, bindRetryLastMs } = endpointLimits
    const { attempts, stop } = failing()
    const pauses = [1, 2, 4].map((factor) => factor * bindRetryFirstMs)
    for (const [index, pause] of [...pauses, bindRetryLastMs, bindRetryLastMs].entries()) {
      await tick()
      context.mock.timers.tick(pause - 1)
      assert.equal(attempts(), index + 1)
      context.mock.timers.tick(1)
      assert.equal(attempts(), index + 2)
    }
    await tick()
    stop()
    context.mock.timers.tick(2 * bindRetryLastMs)
    assert.equal(attempts(), 6)
  })

  test('leaves no timer behind when it stops', async () => {
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    const { stop } = failing()
    await tick()
    assert.equal(timers(), before + 1)
    stop()
    assert.equal(timers(), before)
  })

  test('reports the error of its preparation after it returns', async () => {
    const { errors, stop } = failing()
    assert.deepEqual(errors, [])
    await tick()
    assert.deepEqual(errors, [notReady])
    stop()
  })

  test('reports nothing after a stop between an attempt and its error', async () => {
    const { errors, stop } = failing()
    stop()
    await tick()
    assert.deepEqual(errors, [])
  })

  test('stops for good when its callback stops it', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const { attempts } = failing((stop) => stop())
    await tick()
    context.mock.timers.tick(10 * endpointLimits.bindRetryLastMs)
    assert.equal(attempts(), 1)
  })

  test('leaves a listening server alone after an error of a connection', async (context) => {
    const server = createServer()
    let attempts = 0
    const errors: Error[] = []
    await new Promise<void>((resolve) => {
      bind({
        server,
        address: at(0),
        limits: quick,
        prepare() {
          attempts += 1
        },
        onBound: resolve,
        onFailed: (error) => errors.push(error),
      })
    })
    context.mock.timers.enable({ apis: ['setTimeout'] })
    server.emit('error', new Error('too many open files'))
    context.mock.timers.tick(2 * quick.bindRetryLastMs)
    assert.deepEqual([attempts, errors.length, server.listening], [1, 1, true])
    server.close()
  })

  test('closes the server when the file cannot be made private', async () => {
    const server = createServer()
    const errors: NodeJS.ErrnoException[] = []
    const stop = bind({
      server,
      // chmod() takes no path in the abstract namespace.
      address: { kind: 'unix', path: `\0gpe-${process.pid}` },
      limits: endpointLimits,
      prepare: () => {},
      onBound: () => {},
      onFailed: (error) => errors.push(error),
    })
    await tick()
    assert.deepEqual([errors[0]?.code, server.listening], ['ERR_INVALID_ARG_VALUE', false])
    stop()
  })
})

describe('A binding to a socket file', () => {
  const nextPath = (): string => join(mkdtempSync(join(scratch, 'stale-')), 'metrics.sock')

  /** Leaves the socket file of a server that no longer listens. */
  async function stalePath(): Promise<string> {
    const path = nextPath()
    const server = createServer().listen(`${path}.first`)
    await once(server, 'listening')
    renameSync(`${path}.first`, path)
    server.close()
    await once(server, 'close')
    return path
  }

  interface Probed {
    readonly path: string
    /** Acts on the socket of each probe. Default: nothing happens. */
    readonly onProbe?: (socket: Socket, count: number) => void
    readonly bindRetryMs?: number
    readonly socketProbeMs?: number
  }

  /** Binds with probes that only `onProbe` decides. Stops at the end of the first attempt. */
  async function bound({ path, onProbe, bindRetryMs = 60_000, socketProbeMs = 60_000 }: Probed) {
    const server = createServer()
    const sockets: Socket[] = []
    const errors: NodeJS.ErrnoException[] = []
    let onEnd = (): void => {}
    const ended = new Promise<void>((resolve) => {
      onEnd = resolve
    })
    const stop = bind({
      server,
      address: { kind: 'unix', path },
      limits: { bindRetryFirstMs: bindRetryMs, bindRetryLastMs: bindRetryMs, socketProbeMs },
      prepare: () => {},
      onBound: onEnd,
      onFailed(error) {
        errors.push(error)
        if (bindRetryMs === 60_000 || errors.length === 2) onEnd()
      },
      probe() {
        const socket = new Socket()
        sockets.push(socket)
        setImmediate(() => onProbe?.(socket, sockets.length))
        return socket
      },
    })
    after.push(() => {
      stop()
      server.close()
    })
    return { server, sockets, errors, ended, stop }
  }

  const after: (() => void)[] = []
  afterEach(() => {
    for (const stop of after.splice(0)) stop()
  })

  const fail = (socket: Socket, code: string): void =>
    void socket.emit('error', Object.assign(new Error(code), { code }))
  const codesOf = (errors: readonly NodeJS.ErrnoException[]): unknown =>
    errors.map(({ code }) => code)

  test('replaces a file that refuses connections', async () => {
    const path = await stalePath()
    const { server, sockets, errors, ended } = await bound({
      path,
      onProbe: (socket) => fail(socket, 'ECONNREFUSED'),
    })
    await ended
    assert.deepEqual([server.listening, sockets.length, errors], [true, 1, []])
    assert.equal(sockets[0]?.destroyed, true)
  })

  test('keeps a file that accepts no connection within endpointLimits.socketProbeMs', async () => {
    const path = await stalePath()
    const alive = setInterval(() => {}, 1_000)
    const { server, sockets, errors, ended } = await bound({
      path,
      socketProbeMs: endpointLimits.socketProbeMs / 50,
    })
    await ended
    clearInterval(alive)
    assert.deepEqual(codesOf(errors), ['EADDRINUSE'])
    assert.deepEqual([server.listening, statSync(path).isSocket()], [false, true])
    const [socket] = sockets
    assert.equal(socket?.destroyed, true)
    // A late result of the probe changes nothing.
    socket?.emit('connect')
    socket && fail(socket, 'ECONNREFUSED')
    socket?.emit('timeout')
    assert.equal(errors.length, 1)
    assert.equal(statSync(path).isSocket(), true)
  })

  const kept: Record<string, (socket: Socket) => void> = {
    'accepts a connection': (socket) => socket.emit('connect'),
    'refuses access': (socket) => fail(socket, 'EACCES'),
  }
  for (const [title, onProbe] of Object.entries(kept)) {
    test(`keeps a file that ${title}`, async () => {
      const path = await stalePath()
      const { errors, ended } = await bound({ path, onProbe })
      await ended
      assert.deepEqual(codesOf(errors), ['EADDRINUSE'])
      assert.equal(statSync(path).isSocket(), true)
    })
  }

  test('keeps a file that replaced the refusing file', async () => {
    const path = await stalePath()
    writeFileSync(`${path}.next`, 'next')
    const { errors, ended } = await bound({
      path,
      onProbe(socket) {
        renameSync(`${path}.next`, path)
        fail(socket, 'ECONNREFUSED')
      },
    })
    await ended
    assert.deepEqual(codesOf(errors), ['EADDRINUSE'])
    assert.equal(readFileSync(path, 'utf8'), 'next')
  })

  test('tries again later when the refusing file is gone', async () => {
    const path = await stalePath()
    const { server, errors, ended } = await bound({
      path,
      bindRetryMs: 1,
      onProbe(socket) {
        unlinkSync(path)
        fail(socket, 'ECONNREFUSED')
      },
    })
    await ended
    assert.deepEqual([codesOf(errors), server.listening], [['EADDRINUSE'], true])
  })

  test('listens at once when the file is gone during the probe', async () => {
    const path = await stalePath()
    const { server, errors, ended } = await bound({
      path,
      onProbe(socket) {
        unlinkSync(path)
        fail(socket, 'ENOENT')
      },
    })
    await ended
    assert.deepEqual([errors, server.listening], [[], true])
  })

  test('probes once per attempt, although another process takes the free path', async () => {
    const path = await stalePath()
    const counts: number[] = []
    const { errors, ended } = await bound({
      path,
      bindRetryMs: 1,
      onProbe(socket, count) {
        counts.push(count)
        // The path was free for a moment.
        fail(socket, 'ENOENT')
      },
    })
    await ended
    assert.deepEqual(codesOf(errors), ['EADDRINUSE', 'EADDRINUSE'])
    assert.deepEqual(counts, [1, 2])
  })

  test('does not listen after a stop during the probe', async () => {
    const path = await stalePath()
    let probed = (): void => {}
    const probing = new Promise<void>((resolve) => {
      probed = resolve
    })
    const { server, sockets, errors, stop } = await bound({ path, onProbe: () => probed() })
    await probing
    stop()
    const [socket] = sockets
    socket && fail(socket, 'ECONNREFUSED')
    assert.deepEqual([server.listening, existsSync(path), errors], [false, false, []])
  })

  test('probes nothing in a missing directory', async () => {
    const { sockets, errors, ended } = await bound({ path: join(scratch, 'none', 'metrics.sock') })
    await ended
    assert.equal(errors.length, 1)
    assert.deepEqual(sockets, [])
  })
})

async function held(path: string) {
  const holder = spawn(process.execPath, [join(fixtures, 'apps/single/socket-holder.cjs'), path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(holder.stdout, 'data')
  return holder
}
