import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, IncomingMessage, type Server } from 'node:http'
import { Server as TlsServer } from 'node:https'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, type TestContext, test } from 'node:test'
import type { Access } from '../../src/endpoint/access.ts'
import {
  describeFilesStatus,
  EndpointAuth,
  type EndpointAuthOptions,
  type FilesStatus,
} from '../../src/endpoint/auth.ts'
import type { TlsFiles } from '../../src/endpoint/tls.ts'
import { type EndpointLimits, endpointLimits } from '../../src/limits/endpoint.ts'
import { authorities, scratchDirectory } from '../support/endpoint/certificates.ts'
import { names, quick, unlocked } from '../support/endpoint/endpoint.ts'
import { eventually } from '../support/programs/app.ts'

const directory = scratchDirectory()
const token: Access = { ...unlocked, bearer: { kind: 'value', text: 't0ken' } }
const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

function authOf(options: Partial<EndpointAuthOptions> = {}, server: Server = createServer()) {
  const [changes, expiries]: [FilesStatus[], number[]] = [[], []]
  const auth = new EndpointAuth(server, {
    names,
    tls: undefined,
    access: unlocked,
    limits: quick,
    onFiles: (status) => changes.push(status),
    onCertificate: (expiresAt) => expiries.push(expiresAt),
    ...options,
  })
  stops.push(() => auth.close())
  return { auth, changes, expiries, server }
}

function requestWith(authorization?: string, socket = new Socket()): IncomingMessage {
  const request = new IncomingMessage(socket)
  if (authorization !== undefined) request.headers = { authorization }
  return request
}

/** Files of a server that requires client certificates. Undefined without openssl. */
function tlsFiles(context: TestContext, name: string): TlsFiles | undefined {
  const authority = authorities(context, directory)?.(name)
  if (!authority) return undefined
  const { certfile, keyfile } = authority.issue(`${name}-server`)
  const clientCafile = authority.certfile
  return { certfile, keyfile, clientCafile, clientCapath: undefined, clientAuthRequired: true }
}

describe('EndpointAuth', () => {
  test('admits every request without secrets', () => {
    const { auth } = authOf()
    auth.open()
    assert.equal(auth.refusal(requestWith(), false), undefined)
  })

  test('refuses every request before its secrets are read', () => {
    const { auth } = authOf()
    const refusal = auth.refusal(requestWith(), false)
    assert.deepEqual([refusal?.status, refusal?.headers['WWW-Authenticate']], [401, []])
  })

  test('requires the token, for probes too', () => {
    const { auth } = authOf({ access: token })
    auth.open()
    for (const isProbe of [false, true]) {
      assert.equal(auth.refusal(requestWith('Bearer t0ken'), isProbe), undefined)
      const refusal = auth.refusal(requestWith('Bearer other'), isProbe)
      assert.deepEqual(
        [refusal?.status, refusal?.headers['WWW-Authenticate']],
        [401, ['Bearer realm="metrics"']],
      )
    }
  })

  test('admits probes without a token when probes are open', () => {
    const { auth } = authOf({ access: { ...token, probesOpen: true } })
    auth.open()
    assert.equal(auth.refusal(requestWith(), true), undefined)
    assert.equal(auth.refusal(requestWith(), false)?.status, 401)
  })

  test('checks the token of a request that another server received', () => {
    const { auth } = authOf({ access: token })
    auth.open()
    const credential = { authorization: 'Bearer t0ken', isCertified: false }
    assert.equal(auth.forwardedRefusal(credential), undefined)
    const refusal = auth.forwardedRefusal({ ...credential, authorization: undefined })
    assert.equal(refusal?.status, 401)
  })

  test('requires a verified certificate of a request that another server received', (context) => {
    const tls = tlsFiles(context, 'forwarded')
    if (!tls) return
    const { auth } = authOf({ tls })
    auth.open()
    const credential = { authorization: undefined, isCertified: true }
    assert.equal(auth.forwardedRefusal(credential), undefined)
    const refusal = auth.forwardedRefusal({ ...credential, isCertified: false })
    assert.equal(refusal?.status, 403)
    const optional = authOf({ tls: { ...tls, clientAuthRequired: false } })
    optional.auth.open()
    assert.equal(optional.auth.forwardedRefusal({ ...credential, isCertified: false }), undefined)
  })

  test('throws for invalid files', () => {
    const path = join(directory, 'empty')
    writeFileSync(path, '')
    const { auth } = authOf({ access: { ...unlocked, bearer: { kind: 'file', path } } })
    assert.throws(() => auth.open(), /empty is empty/)
  })

  test('reads changed secrets every endpointLimits.filePollMs until it closes', async () => {
    const path = join(directory, 'secret')
    writeFileSync(path, 'old')
    const access: Access = { ...unlocked, bearer: { kind: 'file', path } }
    const limits: EndpointLimits = { ...quick, filePollMs: endpointLimits.filePollMs / 100 }
    const { auth, changes } = authOf({ access, limits })
    auth.open()
    auth.open()
    const status = (text: string) => auth.refusal(requestWith(`Bearer ${text}`), false)?.status
    writeFileSync(path, 'new')
    await eventually(() => assert.equal(status('new'), undefined))
    assert.equal(status('old'), 401)
    assert.deepEqual(changes, [])
    writeFileSync(path, '')
    await eventually(() => assert.equal(changes.length, 1))
    writeFileSync(path, 'newer')
    await eventually(() => assert.equal(changes.length, 2))
    assert.deepEqual(
      changes.map(({ kind, part }) => `${part} ${kind}`),
      ['secrets invalid', 'secrets valid'],
    )
    auth.close()
    writeFileSync(path, 'newest')
    await new Promise((resolve) => setTimeout(resolve, 10 * limits.filePollMs))
    assert.equal(status('newer'), undefined)
  })

  test('keeps no process alive', () => {
    const { auth } = authOf()
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    auth.open()
    const after = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    assert.equal(after, before)
  })

  test('uses a changed certificate for new connections and reports its end', async (context) => {
    const [tls, next] = [tlsFiles(context, 'one'), tlsFiles(context, 'two')]
    if (!tls || !next) return
    const server = new TlsServer()
    const contexts: unknown[] = []
    server.setSecureContext = ({ cert }) => void contexts.push(String(cert))
    const { auth, expiries, changes } = authOf({ tls }, server)
    auth.open()
    assert.deepEqual([contexts.length, expiries.length], [1, 1])
    for (const file of ['certfile', 'keyfile'] as const) {
      writeFileSync(tls[file], readFileSync(next[file]))
    }
    await eventually(() => assert.equal(contexts.length, 2))
    assert.equal(contexts[1], readFileSync(next.certfile, 'utf8'))
    assert.equal(expiries.length, 2)
    writeFileSync(tls.keyfile, 'no key')
    await eventually(() => assert.equal(changes.length, 1))
    assert.deepEqual([changes[0]?.part, changes[0]?.kind], ['tls', 'invalid'])
  })

  test('marks connections from before a change of certificates as outdated', async (context) => {
    const [tls, next] = [tlsFiles(context, 'three'), tlsFiles(context, 'four')]
    if (!tls || !next) return
    const limits = { ...quick, endpointHandshakeMs: 50 }
    const { auth, server, expiries } = authOf({ tls, limits })
    auth.open()
    const [early, late] = [new Socket(), new Socket()]
    assert.equal(auth.isOutdated(early), false)
    server.emit('secureConnection', early)
    assert.equal(auth.isOutdated(early), false)
    for (const file of ['certfile', 'keyfile'] as const) {
      writeFileSync(tls[file], readFileSync(next[file]))
    }
    await eventually(() => assert.equal(expiries.length, 2))
    assert.equal(auth.isOutdated(early), true)
    await new Promise((resolve) => setTimeout(resolve, 2 * limits.endpointHandshakeMs))
    server.emit('secureConnection', late)
    assert.deepEqual([auth.isOutdated(early), auth.isOutdated(late)], [true, false])
  })
})

describe('describeFilesStatus', () => {
  const error = new Error('too large')
  const rows: readonly (readonly [FilesStatus, string])[] = [
    [
      { kind: 'valid', part: 'tls', names: ['A', 'B'] },
      'The files of A, B are valid again and in use. (GPE_RECOVERED)',
    ],
    [
      { kind: 'valid', part: 'secrets', names: ['A'] },
      'The files of A are valid again and in use. (GPE_RECOVERED)',
    ],
    [
      { kind: 'invalid', part: 'secrets', names: ['A'], error },
      'The files of A are invalid, and the old ones stay in use: too large (GPE_FILES_INVALID)',
    ],
  ]
  for (const [status, text] of rows) {
    test(`returns "${text}"`, () => assert.equal(describeFilesStatus(status), text))
  }
})
