import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, test } from 'node:test'
import { EndpointMetrics } from '../../src/endpoint/endpoint-metrics.ts'
import {
  type ObservedEndpointOptions,
  serveObservedEndpoint,
} from '../../src/endpoint/observed-endpoint.ts'
import { authorities, scratchDirectory } from '../support/endpoint/certificates.ts'
import { ask, at, names, open, pageOf, quick, unlocked } from '../support/endpoint/endpoint.ts'
import { eventually } from '../support/programs/app.ts'

const scratch = scratchDirectory()
const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

function observe(options: Partial<ObservedEndpointOptions> = {}) {
  const metrics = new EndpointMetrics()
  const events: string[] = []
  const endpoint = serveObservedEndpoint({
    address: at(0),
    names,
    isBound: true,
    tls: undefined,
    access: unlocked,
    limits: quick,
    maxConnections: 1,
    pageMaxAgeMs: 0,
    page: () => pageOf('x'),
    status: () => '{}',
    readiness: () => ({ isReady: true, text: '' }),
    metrics,
    onBound: (url) => events.push(`bound ${url}`),
    onBindFailed: () => events.push('bind failed'),
    onFiles: ({ kind }) => events.push(`files ${kind}`),
    ...options,
  })
  stops.push(endpoint.close)
  const bound = async (): Promise<number> =>
    await eventually(() => {
      const url = events.find((event) => event.startsWith('bound '))
      assert.ok(url)
      return Number(/:(\d+)\//.exec(url)?.[1])
    })
  return { events, bound, summary: () => metrics.summary(new Map(), 0) }
}

describe('serveObservedEndpoint', () => {
  test('counts scrapes', async () => {
    const { bound, summary } = observe()
    await ask(await bound())
    assert.deepEqual(summary()['scrapes'], { 200: 1 })
  })

  test('counts failed attempts to listen', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    stops.push(() => other.close())
    const address = other.address()
    assert.ok(address && typeof address === 'object')
    const { events, summary } = observe({ address: at(address.port) })
    await eventually(() => assert.ok(events.includes('bind failed')))
    const faults = Object(summary()['faults'])
    assert.equal(faults['exporter_bind'], events.length)
  })

  test('counts dropped connections', async () => {
    const { bound, summary } = observe()
    const port = await bound()
    const sockets = [await open(port), await open(port)]
    await eventually(() => {
      assert.deepEqual(summary()['droppedConnections'], { evicted: 1, refused: 0 })
    })
    for (const socket of sockets) socket.destroy()
  })

  test('counts invalid files, and not the return to valid files', async () => {
    const path = join(mkdtempSync(join(scratch, 'observed-')), 'token')
    writeFileSync(path, 'token')
    const access = { ...unlocked, bearer: { kind: 'file', path } as const }
    const { bound, events, summary } = observe({ access })
    await bound()
    writeFileSync(path, '')
    await eventually(() => assert.ok(events.includes('files invalid')))
    writeFileSync(path, 'other')
    await eventually(() => assert.ok(events.includes('files valid')))
    assert.deepEqual(summary()['faults'], { exporter_secrets: 1 })
  })

  test('notes the end of the certificate', async (context) => {
    const authority = authorities(context, mkdtempSync(join(scratch, 'tls-')))?.('authority')
    if (!authority) return
    const { certfile, keyfile } = authority.issue('server')
    const none = { clientCafile: undefined, clientCapath: undefined, clientAuthRequired: false }
    const { bound, summary } = observe({ tls: { certfile, keyfile, ...none } })
    await bound()
    assert.ok(Date.parse(String(summary()['certificateExpiresAt'])) > Date.now())
  })
})
