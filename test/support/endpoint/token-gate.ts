import { once } from 'node:events'
import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream'

interface Tls {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

export interface TokenGateOptions {
  /** `host:port` of the TLS server behind the proxy. */
  readonly target: string
  /** The required value of the header `x-token`. */
  readonly token: string
  /** The certificate for clients, and the authority of client certificates. */
  readonly tls: Tls
  /** The certificate for the server behind the proxy. */
  readonly towards: Tls
}

export interface TokenGate {
  /** `host:port`. */
  readonly address: string
  /** The number of connections with a client certificate so far. */
  readonly connections: () => number
  readonly close: () => Promise<void>
}

/** A proxy that requires certificates of both sides and a token in a header. */
export async function tokenGate({
  target,
  token,
  tls,
  towards,
}: TokenGateOptions): Promise<TokenGate> {
  let connections = 0
  const options = { ...tls, requestCert: true, rejectUnauthorized: true }
  const server = createServer(options, (received, response) => {
    if (received.headers['x-token'] !== token) {
      received.resume()
      response.writeHead(401).end()
      return
    }
    const { method, url, headers } = received
    const sent = request(`https://${target}${url}`, { ...towards, method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      pipeline(answer, response, () => {})
    })
    sent.on('error', () => response.destroy())
    pipeline(received, sent, () => {})
  })
  server.on('secureConnection', () => {
    connections += 1
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    address: `127.0.0.1:${port}`,
    connections: () => connections,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
