import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Access } from '../../src/endpoint/access.ts'
import { type Details, detailsOf, trustsHost } from '../../src/endpoint/details.ts'
import { scratchDirectory } from '../support/endpoint/certificates.ts'
import { ask, serve, unlocked } from '../support/endpoint/endpoint.ts'

const directory = scratchDirectory()
const secret = { kind: 'value', text: 'x' } as const
const bearer: Access = { ...unlocked, bearer: secret }
const basic: Access = { ...unlocked, basic: { username: secret, password: secret } }
const hidden: Details =
  'hidden: the endpoint asks for no credentials and listens on more than the loopback interface'

describe('The details of /status', () => {
  const hosts: Record<string, Details> = {
    '127.0.0.1': 'shown',
    '127.9.8.7': 'shown',
    localhost: 'shown',
    '::1': 'shown',
    '0.0.0.0': hidden,
    '::': hidden,
  }
  for (const [host, expected] of Object.entries(hosts)) {
    test(`are ${expected.split(':')[0]} by an open endpoint on ${host}`, async () => {
      const { port } = await serve({ ...telling, address: { kind: 'tcp', host, port: 0 } })
      const asked = { path: '/status', host: host === '0.0.0.0' ? '127.0.0.1' : host }
      assert.equal((await ask(port, asked)).text, expected)
    })
  }

  test('are shown on a unix socket', async () => {
    const path = join(directory, 'metrics.sock')
    await serve({ ...telling, address: { kind: 'unix', path } })
    const asked = request({ socketPath: path, path: '/status', agent: false }).end()
    const [response] = await once(asked, 'response')
    assert.equal(Buffer.concat(await response.toArray()).toString(), 'shown')
  })

  test('are shown to a client with a token, on every interface', async () => {
    const address = { kind: 'tcp', host: '0.0.0.0', port: 0 } as const
    const { port } = await serve({ ...telling, access: bearer, address })
    const asked = (authorization: string) =>
      ask(port, { path: '/status', headers: { authorization } })
    assert.equal((await asked('Bearer x')).text, 'shown')
    assert.equal((await asked('Bearer y')).status, 401)
  })

  // The DNS of a foreign name can point to the loopback interface.
  test('are hidden on the loopback interface under a foreign name', async () => {
    const { port } = await serve(telling)
    const asked = async (host: string) =>
      (await ask(port, { path: '/status', headers: { host } })).text
    assert.equal(await asked(`localhost:${port}`), 'shown')
    assert.match(await asked('evil.example'), /^hidden: .* localhost or an IP address$/)
  })

  const open = { address: '0.0.0.0', family: 'IPv4', port: 9_091 } as const
  type Row = readonly [
    title: string,
    bound: AddressInfo | string | null,
    access: Access,
    tls: { readonly clientAuthRequired: boolean } | undefined,
    expected: Details,
  ]
  const rows: readonly Row[] = [
    ['a password', open, basic, undefined, 'shown'],
    ['a token', open, bearer, undefined, 'shown'],
    ['a required client certificate', open, unlocked, { clientAuthRequired: true }, 'shown'],
    ['an optional client certificate', open, unlocked, { clientAuthRequired: false }, hidden],
    ['open probes alone', open, { ...unlocked, probesOpen: true }, undefined, hidden],
    ['no address yet', null, unlocked, undefined, hidden],
    ['a public address', { ...open, address: '203.0.113.127' }, unlocked, undefined, hidden],
    ['a mapped loopback', { ...open, address: '::ffff:127.0.0.1' }, unlocked, undefined, 'shown'],
    ['a mapped address', { ...open, address: '::ffff:10.0.0.1' }, unlocked, undefined, hidden],
    ['an address that starts alike', { ...open, address: '::11' }, unlocked, undefined, hidden],
  ]
  for (const [title, bound, access, tls, expected] of rows) {
    test(`are ${expected.split(':')[0]} with ${title}`, () => {
      assert.equal(detailsOf({ server: { address: () => bound }, access, tls }), expected)
    })
  }
})

const telling = { status: (_: number, details: Details) => details }

describe('The name in the header Host', () => {
  const bound = { address: '127.0.0.1', family: 'IPv4', port: 9_091 }
  const server = { address: () => bound }
  const local = [
    ...[undefined, '', 'localhost', 'LOCALHOST:9091', 'localhost.', 'app.localhost:1'],
    ...['127.0.0.1', '127.0.0.1:9091', '10.1.2.3:80', '[::1]', '[::1]:9091'],
  ]
  for (const host of local) {
    test(`is trusted on the loopback interface: ${host}`, () =>
      assert.equal(trustsHost({ server, tls: undefined, access: unlocked }, host), true))
  }
  const foreign = [
    ...['evil.example', 'evil.example:9091', 'localhost.evil.example', 'notlocalhost'],
    ...['127.0.0.1.evil.example', '127.0.0.1:9091:1', 'localhost:9091 x', 'a@localhost'],
  ]
  for (const host of foreign) {
    test(`is not trusted on the loopback interface: ${host}`, () =>
      assert.equal(trustsHost({ server, tls: undefined, access: unlocked }, host), false))
  }

  test('is free where clients need credentials, on other interfaces, and on a unix socket', () => {
    for (const access of [basic, bearer])
      assert.equal(trustsHost({ server, tls: undefined, access }, 'evil.example'), true)
    const tls = { clientAuthRequired: true }
    assert.equal(trustsHost({ server, tls, access: unlocked }, 'evil.example'), true)
    for (const address of [{ ...bound, address: '0.0.0.0' }, '/run/metrics.sock', null]) {
      const other = { address: () => address }
      assert.equal(trustsHost({ server: other, tls: undefined, access: unlocked }, 'a.b'), true)
    }
  })
})
