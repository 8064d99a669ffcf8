import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, renameSync, writeFileSync } from 'node:fs'
import { get, type IncomingMessage, type RequestOptions } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import {
  cleanEnvironment,
  endGroup,
  eventually,
  freePort,
  nodeUnderTest,
} from '../../support/programs/app.ts'
import { command } from '../../support/programs/master.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

const host = '127.0.0.1'

/** A socket from a service manager: the socket listens, and no process accepts. */
async function socketAt(context: TestContext, target: object): Promise<Server> {
  const server = createServer()
  await once(server.listen(target), 'listening')
  context.after(() => server.close())
  return server
}

function descriptorOf(server: Server): number {
  return (server as unknown as { _handle: { fd: number } })._handle.fd
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

interface Activated {
  readonly child: ChildProcess
  readonly stderr: () => string
}

interface Activation {
  /** The sockets from descriptor 3. The test gives up its own descriptors. */
  readonly sockets?: readonly Server[]
  readonly env?: Readonly<Record<string, string>>
  /** Where the servers of the application listen. */
  readonly targets: readonly object[]
  /** Default: the pid of the master. */
  readonly owner?: string
}

/** Starts a master as a service manager does, until the end of the test. */
async function activated(
  context: TestContext,
  { sockets = [], env = {}, targets, owner = '$$' }: Activation,
): Promise<Activated> {
  const file = join(await temporaryDirectory(context), 'app.cjs')
  writeFileSync(file, source)
  const run = `LISTEN_PID=${owner} exec "$0" "$@"`
  const child = spawn('/bin/sh', ['-c', run, nodeUnderTest, command, 'run', '-w', '2', file], {
    stdio: ['ignore', 'inherit', 'pipe', ...sockets.map(descriptorOf)],
    env: cleanEnvironment({
      PROMETHEUS_METRICS_PORT: String(await freePort()),
      PROMETHEUS_BIND_ADDRESS: host,
      LISTEN_FDS: String(sockets.length),
      TARGETS: JSON.stringify(targets),
      ...env,
    }),
    detached: true,
  })
  context.after(() => endGroup(child))
  let text = ''
  child.stderr?.setEncoding('utf8').on('data', (data: string) => {
    text += data
  })
  for (const socket of sockets) giveUp(socket)
  return { child, stderr: () => text }
}

/** Node.js removes the file of a unix socket that Node.js closes. */
function giveUp(server: Server): void {
  const address = server.address()
  if (typeof address !== 'string') return void server.close()
  renameSync(address, `${address}.aside`)
  server.close()
  renameSync(`${address}.aside`, address)
}

/** Each server answers with its number and with the variables of the service manager. */
const source = `const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = process.env
JSON.parse(process.env.TARGETS).forEach((target, index) => {
  require('node:http').createServer((_, response) => {
    response.end(JSON.stringify([index, LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES]))
  }).listen(target)
})`

async function ask(target: RequestOptions): Promise<number> {
  const request = get({ agent: false, ...target })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const [index, ...variables] = JSON.parse((await response.toArray()).join(''))
  assert.deepEqual(variables, [null, null, null])
  return index
}

describe('Sockets of the service manager', () => {
  test('go to the servers with the same port, and else by their order', async (context) => {
    const sockets = [
      await socketAt(context, { host, port: 0 }),
      await socketAt(context, { host, port: 0 }),
      await socketAt(context, { host: '::1', port: 0 }),
    ]
    const [other, same, last] = sockets.map(portOf)
    const run = await activated(context, {
      sockets,
      targets: [{ host, port: same }, { port: 1 }, { host: '::1', port: last }],
      env: { LISTEN_FDNAMES: 'web:api:' },
    })
    // No process accepts yet. The system queues the connection.
    assert.equal(await ask({ host, port: other }), 1)
    assert.equal(await ask({ host, port: same }), 0)
    assert.equal(await ask({ host: '::1', port: last }), 2)
    const names = `web ${host}:${other}, api ${host}:${same}, descriptor 5 [::1]:${last}`
    assert.ok(run.stderr().includes(`Sockets of LISTEN_FDS: ${names}`))
  })

  test('outlive their workers', async (context) => {
    const socket = await socketAt(context, { host, port: 0 })
    const port = portOf(socket)
    const run = await activated(context, { sockets: [socket], targets: [{ host, port }] })
    await ask({ host, port })
    const pids = [...run.stderr().matchAll(/Booting worker with pid: (\d+)/g)].map(([, pid]) => pid)
    for (const pid of pids) process.kill(Number(pid), 'SIGKILL')
    await eventually(() => assert.match(run.stderr(), /ended/))
    assert.equal(await ask({ host, port }), 0)
  })

  test('keep the file of a unix socket after the end of the master', async (context) => {
    const path = join(await temporaryDirectory(context), 'socket')
    const socket = await socketAt(context, { path })
    const run = await activated(context, { sockets: [socket], targets: [{ path }] })
    assert.equal(await ask({ socketPath: path }), 0)
    run.child.kill('SIGTERM')
    await once(run.child, 'exit')
    assert.equal(existsSync(path), true)
  })

  test('are told when no worker listens on them', async (context) => {
    const sockets = [
      await socketAt(context, { host, port: 0 }),
      await socketAt(context, { host, port: 0 }),
    ]
    const [port, other] = sockets.map(portOf)
    const run = await activated(context, { sockets, targets: [{ host, port }] })
    const line = `No worker listens on sockets of LISTEN_FDS: descriptor 4 ${host}:${other}`
    await eventually(() => assert.ok(run.stderr().includes(line)), 40_000)
  })
})

describe('Wrong values of the service manager', () => {
  for (const [title, values, line] of [
    ['number', { LISTEN_FDS: 'two' }, 'LISTEN_FDS is "two"; allowed is a number from 0 to 64.'],
    ['missing descriptor', { LISTEN_FDS: '1' }, 'Descriptor 3 of LISTEN_FDS'],
  ] as const) {
    test(`are told in one line, and the master serves: ${title}`, async (context) => {
      const port = await freePort()
      const run = await activated(context, { targets: [{ host, port }], env: values })
      assert.equal(await eventually(() => ask({ host, port })), 0)
      assert.ok(run.stderr().includes(`[ERROR] ${line}`), run.stderr())
    })
  }

  test('of another process leave the sockets alone', async (context) => {
    const socket = await socketAt(context, { host, port: 0 })
    const port = await freePort()
    const run = await activated(context, {
      sockets: [socket],
      targets: [{ host, port }],
      owner: '1',
    })
    assert.equal(await eventually(() => ask({ host, port })), 0)
    assert.match(run.stderr(), /LISTEN_PID is "1", and the pid of this process is \d+/)
  })
})
