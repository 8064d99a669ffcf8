import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import type { Belongings } from '../programs/belongings.ts'
import { type PushedPoint, pushesIn } from './otlp-file.ts'
import { pointsInProtobuf } from './otlp-protobuf.ts'

/** What a receiver does with a request. */
export type Answer =
  | {
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string | Uint8Array
    }
  /** These bytes in place of a response. The connection stays open, or closes. */
  | { readonly bytes: string; readonly closes: boolean }
  /** A response with an endless body of slow bytes. */
  | 'drips'
  | 'hangs'
  | 'closes'

export interface OddRequest {
  readonly points: readonly PushedPoint[]
  /** Size of the body, as sent. */
  readonly bytes: number
}

export interface OddReceiver {
  /** Address of the metrics. */
  readonly url: string
  /** All requests, with the answers. */
  readonly requests: readonly (OddRequest & { readonly answer: Answer })[]
  /** Empties the list of requests. */
  readonly forget: () => void
  /** Replaces the behaviour. */
  answer: (request: OddRequest) => Answer
  /** Open connections. */
  readonly connections: () => Promise<number>
}

/** Answers of a good receiver. */
export const good: Answer = { status: 200, headers: { 'content-type': 'application/x-protobuf' } }

/** Starts a receiver of OTLP over HTTP that answers as the given function says. */
export async function startOddReceiver(
  context: Pick<Belongings, 'after'>,
  answer: OddReceiver['answer'] = () => good,
): Promise<OddReceiver> {
  const requests: (OddRequest & { answer: Answer })[] = []
  const stops = new Set<() => void>()
  const server = createServer(async (request, response) => {
    request.on('error', () => {})
    response.on('error', () => {})
    const received = await read(request).catch(() => undefined)
    if (!received) return
    const chosen = receiver.answer(received)
    requests.push({ ...received, answer: chosen })
    // The next request on a connection without a whole response has no socket in its response.
    if (response.socket) respond(chosen, response, stops)
    else request.socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  context.after(() => {
    for (const stop of stops) stop()
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const receiver: OddReceiver = {
    url: `http://127.0.0.1:${port}/v1/metrics`,
    requests,
    forget: () => void requests.splice(0),
    answer,
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
      }),
  }
  return receiver
}

async function read(request: IncomingMessage): Promise<OddRequest> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk as Uint8Array)
  const sent = Buffer.concat(chunks)
  const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent
  const isJson = request.headers['content-type'] === 'application/json'
  const points = isJson
    ? pushesIn(body.toString()).flatMap((push) => push.points)
    : pointsInProtobuf(body)
  return { points, bytes: sent.length }
}

function respond(answer: Answer, response: ServerResponse, stops: Set<() => void>): void {
  const { socket } = response
  if (answer === 'hangs' || !socket) return
  if (answer === 'closes') socket.destroy()
  else if (answer === 'drips') drip(response, stops)
  else if ('bytes' in answer) {
    if (answer.closes) socket.end(answer.bytes)
    else socket.write(answer.bytes)
  } else response.writeHead(answer.status, answer.headers).end(answer.body)
}

function drip(response: ServerResponse, stops: Set<() => void>): void {
  response.writeHead(200, { 'content-type': 'application/x-protobuf' })
  const timer = setInterval(() => response.write('\0'), 5)
  const stop = (): void => {
    clearInterval(timer)
    stops.delete(stop)
  }
  stops.add(stop)
  response.on('close', stop)
}
