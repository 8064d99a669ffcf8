import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ListenOptions, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import {
  ServerConflicts,
  type ServerConflictsOptions,
} from '../../../src/collect/servers/server-conflicts.ts'
import { callSites } from '../../../src/support/process/call-sites.ts'
import { freePort } from '../../support/programs/app.ts'

type Conflict = Parameters<ServerConflictsOptions['onConflict']>[0]

function watch(t: TestContext, options: Partial<ServerConflictsOptions>): Conflict[] {
  const conflicts: Conflict[] = []
  const watching = new ServerConflicts({
    endpoint: { host: '127.0.0.1', port: 0 },
    isWorker: true,
    ignores: () => false,
    onConflict: (conflict) => conflicts.push(conflict),
    onFault: assert.fail,
    ...options,
  })
  t.after(() => watching.stop())
  return conflicts
}

async function listen(options: ListenOptions, server: Server = createServer()): Promise<number> {
  server.listen(options)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

/** A bundler moves OTel's class to another file and keeps the names. */
class PrometheusExporter {
  startServer(): Promise<number> {
    return new Promise((resolve) => resolve(listen({ port: 0, host: '127.0.0.1' })))
  }

  stopServer(): Promise<number> {
    return listen({ port: 0, host: '127.0.0.1' })
  }
}

describe('ServerConflicts', () => {
  it('reports a server on the port of the endpoint once', async (t) => {
    const port = await freePort()
    const conflicts = watch(t, { endpoint: { host: '0.0.0.0', port } })
    await listen({ port: await freePort(), host: '127.0.0.1' })
    await listen({ port, host: '::1' })
    assert.deepEqual(conflicts, [])
    for (let count = 0; count < 2; count += 1) await listen({ port, host: '127.0.0.1' })
    assert.deepEqual(conflicts, [{ kind: 'port', port }])
  })

  it('reports a server with a host name after the name is resolved', async (t) => {
    const port = await freePort()
    const conflicts = watch(t, { endpoint: { host: '::', port } })
    await listen({ port, host: 'localhost' })
    assert.deepEqual(conflicts, [{ kind: 'port', port }])
  })

  it('reports nothing if the endpoint has port 0 or the server is ignored', async (t) => {
    const none = watch(t, {})
    await listen({ port: 0 })
    const port = await freePort()
    const ignored = watch(t, { endpoint: { host: '::', port }, ignores: () => true })
    await listen({ port })
    assert.deepEqual([...none, ...ignored], [])
  })

  it('reports no server without a port', async (t) => {
    const conflicts = watch(t, { endpoint: { host: '::', port: 9_091 } })
    await listen({ path: join(tmpdir(), `conflict-${process.pid}.socket`) })
    assert.deepEqual(conflicts, [])
  })

  it('reports a bundled PrometheusExporter in a worker once', async (t) => {
    const conflicts = watch(t, {})
    const exporter = new PrometheusExporter()
    await exporter.stopServer()
    await listen({ port: 0 })
    assert.deepEqual(conflicts, [])
    for (let count = 0; count < 2; count += 1) await exporter.startServer()
    assert.deepEqual(conflicts, [{ kind: 'exporter', port: 0 }])
  })

  it('reports no PrometheusExporter outside a worker', async (t) => {
    const conflicts = watch(t, { isWorker: false })
    await new PrometheusExporter().startServer()
    assert.deepEqual(conflicts, [])
  })

  it('counts an error of its callback as a fault', async (t) => {
    const faults: string[] = []
    const onFault = (component: string): void => {
      faults.push(component)
    }
    const onConflict = (): void => assert.fail()
    const port = await freePort()
    watch(t, { endpoint: { host: '::', port }, onConflict, onFault })
    await listen({ port })
    assert.deepEqual(faults, ['server_conflicts'])
  })
})

describe('callSites', () => {
  const properties = ['stackTraceLimit', 'prepareStackTrace']
  const descriptors = (): unknown[] =>
    properties.map((name) => Object.getOwnPropertyDescriptor(Error, name))

  function outer(): readonly NodeJS.CallSite[] {
    return callSites()
  }

  it('lists the innermost caller first', () => {
    const names = outer().map((site) => site.getFunctionName())
    assert.deepEqual(names.slice(0, 2), ['callSites', 'outer'])
  })

  it('restores every change of the application to stack traces', (t) => {
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

  it('restores Error in an application that has broken what restores it', (t) => {
    const before = descriptors()
    const broken = (): never => assert.fail()
    const { [Symbol.iterator]: iterate } = Array.prototype
    t.mock.method(Reflect, 'defineProperty', broken)
    t.mock.method(Reflect, 'deleteProperty', broken)
    Object.assign(Array.prototype, { [Symbol.iterator]: broken })
    const sites = outer()
    Object.assign(Array.prototype, { [Symbol.iterator]: iterate })
    t.mock.restoreAll()
    assert.equal(sites[1]?.getFunctionName(), 'outer')
    assert.deepEqual(descriptors(), before)
  })

  it('returns an empty list if Error cannot be changed', (t) => {
    const kept = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit')
    t.after(() => Object.defineProperty(Error, 'stackTraceLimit', kept ?? {}))
    const getter = { configurable: false, get: () => 10 }
    // Use a subclass: a property that is not configurable can never change back.
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
