import assert from 'node:assert/strict'
import { constants, X509Certificate } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { TLSSocket } from 'node:tls'
import {
  type Credentials,
  credentialsOf,
  isCertified,
  type TlsFiles,
  tlsPaths,
  tlsServerOptions,
} from '../../src/endpoint/tls.ts'
import { endpointLimits } from '../../src/limits/endpoint.ts'
import { type Authority, authorities, scratchDirectory } from '../support/endpoint/certificates.ts'

const directory = scratchDirectory()
const plain: TlsFiles = {
  certfile: 'server.crt',
  keyfile: 'server.key',
  clientCafile: undefined,
  clientCapath: undefined,
  clientAuthRequired: false,
}
let known: Authority | undefined

function authorityOf(context: TestContext): Authority | undefined {
  known ??= authorities(context, directory)?.('authority')
  return known
}

describe('tlsServerOptions', () => {
  const rows: readonly (readonly [Partial<TlsFiles>, probesOpen: boolean, boolean, boolean])[] = [
    [{}, false, false, false],
    [{ clientCafile: 'ca.crt' }, false, true, false],
    [{ clientCapath: 'ca' }, false, true, false],
    [{ clientAuthRequired: true }, false, true, true],
    [{ clientAuthRequired: true }, true, true, false],
    [{ clientCafile: 'ca.crt' }, true, true, false],
  ]
  for (const [changed, probesOpen, requestCert, rejectUnauthorized] of rows) {
    const title = `${JSON.stringify(changed)} and probes ${probesOpen ? 'open' : 'closed'}`
    test(`requests ${requestCert} and requires ${rejectUnauthorized} with ${title}`, () => {
      const handshakeMs = endpointLimits.endpointHandshakeMs
      const options = tlsServerOptions({ files: { ...plain, ...changed }, probesOpen, handshakeMs })
      assert.deepEqual(options, { requestCert, rejectUnauthorized, handshakeTimeout: handshakeMs })
    })
  }
})

describe('tlsPaths', () => {
  test('returns certificate, key, authorities’ file and the files of the directory', () => {
    const clientCapath = join(directory, 'authorities')
    mkdirSync(join(clientCapath, 'folder'), { recursive: true })
    for (const name of ['b.crt', 'a.crt']) writeFileSync(join(clientCapath, name), '')
    assert.deepEqual(tlsPaths(plain), ['server.crt', 'server.key'])
    assert.deepEqual(tlsPaths({ ...plain, clientCafile: 'ca.crt', clientCapath }), [
      'server.crt',
      'server.key',
      'ca.crt',
      join(clientCapath, 'a.crt'),
      join(clientCapath, 'b.crt'),
    ])
  })
})

describe('credentialsOf', () => {
  const credentials = (files: Partial<TlsFiles>, ...texts: string[]): Credentials =>
    credentialsOf({ ...plain, ...files }, texts)

  test('returns certificate, key and the end of the certificate', (context) => {
    const server = authorityOf(context)?.issue('server')
    if (!server) return
    const { context: made, expiresAt } = credentials({}, server.cert, server.key)
    assert.deepEqual(made, {
      cert: server.cert,
      key: server.key,
      minVersion: 'TLSv1.2',
      secureOptions: constants.SSL_OP_NO_TICKET,
    })
    assert.equal(expiresAt, new X509Certificate(server.cert).validToDate.getTime())
  })

  test('throws for a key of another certificate', (context) => {
    const authority = authorityOf(context)
    if (!authority) return
    const { cert } = authority.issue('server')
    assert.throws(() => credentials({}, cert, authority.issue('other').key), /mismatch/)
  })

  test('returns each authority once, from several texts and with text between', (context) => {
    const authority = authorityOf(context)
    if (!authority) return
    const { cert, key } = authority.issue('server')
    const twice = `A comment.\n${authority.cert}\n${authority.cert}`
    const required = { clientCafile: 'ca.crt' }
    const { context: made } = credentials(required, cert, key, twice, authority.cert, 'none')
    assert.deepEqual(made.ca, [new X509Certificate(authority.cert).toString()])
  })

  test('throws without an authority for client certificates', (context) => {
    const server = authorityOf(context)?.issue('server')
    if (!server) return
    const required = { clientAuthRequired: true }
    for (const texts of [[], [''], ['no certificate']]) {
      assert.throws(() => credentials(required, server.cert, server.key, ...texts), {
        message: 'No file contains a certificate authority for client certificates.',
      })
    }
  })

  test('throws for an invalid authority', (context) => {
    const server = authorityOf(context)?.issue('server')
    if (!server) return
    const invalid = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
    assert.throws(() => credentials({ clientCapath: 'ca' }, server.cert, server.key, invalid))
  })

  test('ignores further texts without an authority in its files', (context) => {
    const server = authorityOf(context)?.issue('server')
    if (!server) return
    const { context: made } = credentials({}, server.cert, server.key, server.cert)
    assert.equal(made.ca, undefined)
    assert.equal(readFileSync(server.certfile, 'utf8'), server.cert)
  })
})

describe('isCertified', () => {
  /** A TLS socket without a handshake, whose client showed this certificate. */
  function socketWith(certificate: object, authorized: boolean): TLSSocket {
    const socket = new TLSSocket(new Socket())
    socket.authorized = authorized
    Object.defineProperty(socket, 'getPeerCertificate', { value: () => certificate })
    return socket
  }
  const required = { ...plain, clientAuthRequired: true }
  const rows: readonly (readonly [string, unknown, optional: boolean, required: boolean])[] = [
    ['a plain socket', new Socket(), true, true],
    ['a verified certificate', socketWith({ subject: {} }, true), true, true],
    ['an unverified certificate', socketWith({ subject: {} }, false), false, false],
    ['no certificate', socketWith({}, false), true, false],
  ]
  for (const [title, socket, isOptional, isRequired] of rows) {
    test(`is ${isOptional} for ${title}, and ${isRequired} when a certificate is required`, () => {
      assert.equal(isCertified(socket, plain), isOptional)
      assert.equal(isCertified(socket, required), isRequired)
    })
  }
})
