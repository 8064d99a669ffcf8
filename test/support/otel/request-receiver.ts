import {
  createServer as createHttp,
  type IncomingHttpHeaders,
  type RequestListener,
} from 'node:http'
import {
  createServer as createHttp2,
  createSecureServer as createSecureHttp2,
  type IncomingHttpHeaders as GrpcHeaders,
  type SecureServerOptions,
  type ServerHttp2Stream,
} from 'node:http2'
import { createServer as createHttps, type ServerOptions } from 'node:https'
import { type AddressInfo, connect, type Server, type Socket } from 'node:net'
import { gunzipSync } from 'node:zlib'
import type { Belongings } from '../programs/belongings.ts'

type Test = Pick<Belongings, 'after'>

/** A request of OTLP in JSON over HTTP, as it arrived. */
export interface ReceivedRequest {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** Attributes of the resource; lists and maps are left out. */
  readonly resource: Readonly<Record<string, unknown>>
  readonly metrics: readonly ReceivedMetric[]
}

/** A metric in OTLP's JSON form. */
export interface ReceivedMetric {
  readonly name: string
  readonly sum?: { readonly aggregationTemporality: number }
  readonly exponentialHistogram?: object
}

export interface RequestReceiver {
  readonly port: number
  readonly requests: readonly ReceivedRequest[]
}

/** Starts a receiver that keeps each request. @param tls for a receiver with TLS. */
export async function startRequestReceiver(
  context: Test,
  tls?: ServerOptions,
): Promise<RequestReceiver> {
  const requests: ReceivedRequest[] = []
  const listener: RequestListener = async (request, response) => {
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk as Uint8Array)
    const { url: path = '', headers } = request
    const bytes = Buffer.concat(chunks)
    const isGzip = headers['content-encoding'] === 'gzip'
    const text = (isGzip ? gunzipSync(bytes) : bytes).toString()
    requests.push({ path, headers, ...contentOf(JSON.parse(text) as Content) })
    response.setHeader('content-type', 'application/json').end('{}')
  }
  const server = tls ? createHttps(tls, listener) : createHttp(listener)
  return { port: await listen(context, server), requests }
}

/** Starts a receiver that accepts connections, and never answers. */
export async function startSilentReceiver(context: Test): Promise<number> {
  return await listen(
    context,
    createHttp(() => {}),
  )
}

export interface GrpcReceiver {
  readonly port: number
  readonly requests: readonly GrpcHeaders[]
}

export interface GrpcReceiverOptions {
  /** Default: no TLS. */
  readonly tls?: SecureServerOptions
  /** A unix socket. Default: a port. */
  readonly path?: string
}

/** Starts a receiver of gRPC, which keeps the headers of each request. */
export async function startGrpcReceiver(
  context: Test,
  { tls, path }: GrpcReceiverOptions = {},
): Promise<GrpcReceiver> {
  const requests: GrpcHeaders[] = []
  const server = tls ? createSecureHttp2(tls) : createHttp2()
  server.on('stream', (stream: ServerHttp2Stream, headers: GrpcHeaders) => {
    requests.push(headers)
    stream.on('error', () => {})
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc' },
      { waitForTrailers: true },
    )
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    // An empty message: no flag, and the length 0.
    stream.end(Buffer.alloc(5))
  })
  return { port: await listen(context, server, path), requests }
}

export interface Proxy {
  readonly port: number
  /** The addresses that clients asked for. */
  readonly targets: readonly string[]
}

/** Starts an HTTP proxy that connects clients by CONNECT. */
export async function startProxy(context: Test): Promise<Proxy> {
  const targets: string[] = []
  const server = createHttp()
  server.on('connect', ({ url = '' }, client: Socket) => {
    targets.push(url)
    const [host, port] = url.split(':')
    const target = connect(Number(port), host)
    target.on('connect', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      client.pipe(target).pipe(client)
    })
    for (const socket of [client, target]) {
      socket.on('error', () => {
        client.destroy()
        target.destroy()
      })
    }
  })
  return { port: await listen(context, server), targets }
}

async function listen(context: Test, server: Server, path?: string): Promise<number> {
  const sockets = new Set<{ destroy: () => void }>()
  server.on('connection', (socket) => sockets.add(socket))
  // A client without TLS, at a server with TLS.
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => {
    if (path === undefined) server.listen(0, '127.0.0.1', resolve)
    else server.listen(path, resolve)
  })
  context.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return path === undefined ? (server.address() as AddressInfo).port : 0
}

interface Content {
  readonly resourceMetrics: readonly {
    readonly resource: {
      readonly attributes: readonly { readonly key: string; readonly value: object }[]
    }
    readonly scopeMetrics: readonly { readonly metrics: readonly ReceivedMetric[] }[]
  }[]
}

function contentOf({ resourceMetrics }: Content): Pick<ReceivedRequest, 'resource' | 'metrics'> {
  const attributes = resourceMetrics.flatMap(({ resource }) => resource.attributes)
  return {
    resource: Object.fromEntries(
      attributes.map(({ key, value }) => [key, Object.values(value)[0] as unknown]),
    ),
    metrics: resourceMetrics.flatMap(({ scopeMetrics }) =>
      scopeMetrics.flatMap(({ metrics }) => metrics),
    ),
  }
}
