import assert from 'node:assert/strict'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import { connectionFailure } from '../../../src/push/answers/connection-failure.ts'
import { authorities, scratchDirectory } from '../../support/endpoint/certificates.ts'
import { counters, startPushing } from '../../support/otel/pushing.ts'
import { eventually } from '../../support/programs/app.ts'
import { type Belongings, latestFirst } from '../../support/programs/belongings.ts'

const directory = scratchDirectory()

async function assertLine(own: Belongings, server: Server, line: RegExp): Promise<void> {
  const context = latestFirst(own)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  context.after(() => server.close())
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/v1/metrics`
  const pushing = startPushing(context, { url, metrics: () => counters(1) })
  await eventually(() => assert.match(pushing.lines.join('\n'), line))
}

describe('A failed connection has a line that names', () => {
  test('the variable of the authorities', async (own) => {
    const pair = authorities(own, directory)?.('receiver').issue('receiver-server')
    if (!pair) return
    const server = createTlsServer({ cert: pair.cert, key: pair.key })
    const line = /no known authority has signed the certificate: OTEL_EXPORTER_OTLP_CERTIFICATE\)/
    await assertLine(own, server, line)
  })

  test('the scheme where the port has no TLS, without codes of OpenSSL', async (own) => {
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    const line = /: (?:wrong version number|packet length too long) \(the endpoint is https:/
    await assertLine(own, server, line)
  })

  const codes = '0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert'
  for (const [reason, hint] of [
    ['certificate required', 'the receiver asks for a certificate: '],
    ['unknown ca', 'the receiver refuses the certificate of '],
  ] as const) {
    test(`the variable of the client certificate after the alert ${reason}`, () => {
      assert.equal(
        connectionFailure(`write EPROTO C0:error:${codes} ${reason}:../deps/x.c:1:`, []),
        `tlsv13 alert ${reason} (${hint}OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE)`,
      )
    })
  }
})

test('connectionFailure keeps other reasons, and hides secrets', () => {
  assert.equal(
    connectionFailure('connect ECONNREFUSED 127.0.0.1:4318', []),
    'connect ECONNREFUSED 127.0.0.1:4318',
  )
  assert.equal(connectionFailure('no key k-12345', ['k-12345']), 'no key ***')
})
