import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import { type Address, urlOf } from '../../../src/endpoint/bind/address.ts'

describe('urlOf', () => {
  const rows: readonly (readonly [Address, 'http' | 'https', string])[] = [
    [{ kind: 'unix', path: '/run/metrics.sock' }, 'http', 'unix:/run/metrics.sock'],
    [{ kind: 'tcp', host: '10.0.0.1', port: 9_091 }, 'https', 'https://10.0.0.1:9091/metrics'],
    [{ kind: 'tcp', host: '0.0.0.0', port: 9_091 }, 'http', 'http://127.0.0.1:9091/metrics'],
    [{ kind: 'tcp', host: '::', port: 9_091 }, 'http', 'http://[::1]:9091/metrics'],
    [{ kind: 'tcp', host: 'fe80::1', port: 9_091 }, 'http', 'http://[fe80::1]:9091/metrics'],
  ]
  for (const [address, scheme, url] of rows) {
    test(`returns ${url} for a server that does not listen yet`, () => {
      assert.equal(urlOf(address, createServer(), scheme), url)
    })
  }

  test('returns the port that the system picked', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const bound = server.address()
    assert.ok(bound && typeof bound === 'object')
    const url = urlOf({ kind: 'tcp', host: '127.0.0.1', port: 0 }, server, 'http')
    assert.equal(url, `http://127.0.0.1:${bound.port}/metrics`)
    server.close()
  })
})
