import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ListenOptions, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext, test } from 'node:test'
import { callSites } from '../../../src/collect/servers/call-sites.ts'
import {
  StrayServers,
  type StrayServersOptions,
} from '../../../src/collect/servers/stray-servers.ts'
import { freePort } from '../../support/programs/app.ts'

type Told = Parameters<StrayServersOptions['onStray']>[0]

function watch(t: TestContext, options: Partial<StrayServersOptions>): Told[] {
  const told: Told[] = []
  const strays = new StrayServers({
    endpoint: { host: '127.0.0.1', port: 0 },
    isWorker: true,
    ignores: () => false,
    onStray: (stray) => told.push(stray),
    onFault: assert.fail,
    ...options,
  })
  t.after(() => strays.stop())
  return told
}

async function listen(options: ListenOptions, server: Server = createServer()): Promise<number> {
  server.listen(options)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

/** As a bundler leaves OTel's: in another file, by the same name. */
class PrometheusExporter {
  startServer(): Promise<number> {
    return new Promise((resolve) => resolve(listen({ port: 0, host: '127.0.0.1' })))
  }

  stopServer(): Promise<number> {
    return listen({ port: 0, host: '127.0.0.1' })
  }
}

describe('A stray server', () => {
  it('is one on the endpoint’s port, once', async (t) => {
    const port = await freePort()
    const told = watch(t, { endpoint: { host: '0.0.0.0', port } })
    await listen({ port: await freePort(), host: '127.0.0.1' })
    await listen({ port, host: '::1' })
    assert.deepEqual(told, [])
    for (let count = 0; count < 2; count += 1) await listen({ port, host: '127.0.0.1' })
    assert.deepEqual(told, [{ kind: 'port', port }])
  })

  it('is one whose address has a name, when it is known', async (t) => {
    const port = await freePort()
    const told = watch(t, { endpoint: { host: '::', port } })
    await listen({ port, host: 'localhost' })
    assert.deepEqual(told, [{ kind: 'port', port }])
  })

  it('is none where the endpoint takes any port, or the server is no application’s', async (t) => {
    const none = watch(t, {})
    await listen({ port: 0 })
    const port = await freePort()
    const ignored = watch(t, { endpoint: { host: '::', port }, ignores: () => true })
    await listen({ port })
    assert.deepEqual([...none, ...ignored], [])
  })

  it('is none without a port', async (t) => {
    const told = watch(t, { endpoint: { host: '::', port: 9_091 } })
    await listen({ path: join(tmpdir(), `stray-${process.pid}.socket`) })
    assert.deepEqual(told, [])
  })

  it('is a PrometheusExporter in a worker, bundled too', async (t) => {
    const told = watch(t, {})
    const exporter = new PrometheusExporter()
    await exporter.stopServer()
    await listen({ port: 0 })
    assert.deepEqual(told, [])
    for (let count = 0; count < 2; count += 1) await exporter.startServer()
    assert.deepEqual(told, [{ kind: 'exporter', port: 0 }])
  })

  it('is no PrometheusExporter elsewhere', async (t) => {
    const told = watch(t, { isWorker: false })
    await new PrometheusExporter().startServer()
    assert.deepEqual(told, [])
  })

  it('may be anything that Node’s channel tells of; a fault is counted', async (t) => {
    const faults: string[] = []
    const onFault = (part: string): void => {
      faults.push(part)
    }
    const onStray = (): void => assert.fail()
    const port = await freePort()
    watch(t, { endpoint: { host: '::', port }, onStray, onFault })
    await listen({ port })
    assert.deepEqual(faults, ['stray_servers'])
  })
})

describe('Call sites', () => {
  const properties = ['stackTraceLimit', 'prepareStackTrace']
  const descriptors = (): unknown[] =>
    properties.map((name) => Object.getOwnPropertyDescriptor(Error, name))

  function outer(): readonly NodeJS.CallSite[] {
    return callSites()
  }

  it('tell who called', () => {
    const names = outer().map((site) => site.getFunctionName())
    assert.deepEqual(names.slice(0, 2), ['callSites', 'outer'])
  })

  test('leave no trace, whatever the application has made of stacks', (t) => {
    const kept = properties.map(
      (name) => [name, Object.getOwnPropertyDescriptor(Error, name)] as const,
    )
    t.after(() => {
      for (const [name, descriptor] of kept) Object.defineProperty(Error, name, descriptor ?? {})
    })
    const changes = [
      () => Object.assign(Error, { stackTraceLimit: 0 }),
      () => Object.assign(Error, { prepareStackTrace: () => assert.fail() }),
      () => Reflect.deleteProperty(Error, 'prepareStackTrace'),
      () => Reflect.deleteProperty(Error, 'stackTraceLimit'),
    ]
    for (const change of changes) {
      change()
      const before = descriptors()
      assert.equal(outer()[1]?.getFunctionName(), 'outer')
      assert.deepEqual(descriptors(), before)
    }
  })

  test('are none where Error cannot be changed', (t) => {
    const kept = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit')
    t.after(() => Object.defineProperty(Error, 'stackTraceLimit', kept ?? {}))
    const getter = { configurable: false, get: () => 10 }
    // A class of its own: what is not configurable stays so.
    class Fixed extends Error {}
    Object.defineProperty(Fixed, 'stackTraceLimit', getter)
    const own = globalThis.Error
    t.after(() => Object.assign(globalThis, { Error: own }))
    Object.assign(globalThis, { Error: Fixed })
    const sites = callSites()
    Object.assign(globalThis, { Error: own })
    assert.deepEqual(sites, [])
  })
})
