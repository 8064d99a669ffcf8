import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer, get, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import fc from 'fast-check'
import type { PageRequest } from '../../../../src/endpoint/page-request.ts'
import { unreserved } from '../../../../src/endpoint/response-budget.ts'
import { endpointLimits } from '../../../../src/limits/endpoint.ts'
import { mountLimits } from '../../../../src/limits/mount.ts'
import { MountedPage } from '../../../../src/mount/mounted-page.ts'
import { encodePageRequest, openHead, openRequest } from '../../../../src/mount/page-protocol.ts'
import { PageServer } from '../../../../src/mount/page-server.ts'
import { PageServerLocator } from '../../../../src/mount/page-server-locator.ts'
import { firstLine } from '../../../../src/relay/first-line.ts'
import type { PageServerAddress } from '../../../../src/relay/page-server-address.ts'
import { sealedLine } from '../../../../src/relay/sealed-line.ts'
import { exchange, splits, writeInParts } from '../byte-stream.ts'
import { type FuzzTarget, type Started, slowFuzzTarget } from '../fuzz-target.ts'
import { type Mutation, mutated, mutations } from '../mutation.ts'
import { oddText, oddTexts } from '../odd-values.ts'

interface Input {
  readonly changes: readonly Mutation[]
  /** Text of a request, body of a page. */
  readonly text: string
  readonly sizes: readonly number[]
  /** Bytes behind the end, or missing at the end. */
  readonly more: string
  readonly missing: number
}

const inputs: fc.Arbitrary<Input> = fc.record<Input>({
  changes: fc.oneof(fc.constant([]), mutations),
  text: fc.oneof(oddTexts, fc.string({ maxLength: 300 })),
  sizes: splits,
  more: fc.oneof(fc.constant(''), fc.constant(''), oddTexts),
  missing: fc.oneof(fc.constant(0), fc.constant(0), fc.nat({ max: 40 })),
})

/** Bytes of a worker that asks the page server. */
export const pageRequestsTarget: FuzzTarget = slowFuzzTarget({
  name: 'page-requests',
  claim: 'the page server answers a valid request with the whole page, and others with nothing',
  quickCases: 400,
  inputs,
  start: startPageServer,
})

/** Bytes of a page server that a worker asks. */
export const pageResponsesTarget: FuzzTarget = slowFuzzTarget({
  name: 'page-responses',
  claim: 'a mounted page is the whole page, an error, or a closed connection',
  quickCases: 400,
  inputs,
  start: startMountedPage,
})

const body = `größe 1\n${'x'.repeat(3_000)}\n`

async function startPageServer(): Promise<Started<Input>> {
  let server: PageServer | undefined
  const address = await new Promise<PageServerAddress>((resolve) => {
    const respond = () => unreserved({ status: 200, headers: { Vary: 'Accept' }, body })
    server = new PageServer({ respond, onOpen: resolve, onFault: () => {} })
    server.open()
  })
  return {
    check: (input) => checkRequest(input, address),
    stop: () => server?.close(),
  }
}

async function checkRequest(input: Input, { port, token }: PageServerAddress): Promise<void> {
  const { changes, text, more, missing, sizes } = input
  const request: PageRequest = {
    method: 'GET',
    accept: text,
    acceptEncoding: undefined,
    query: text,
    authorization: undefined,
    isCertified: false,
  }
  const valid = JSON.parse(encodePageRequest(request)) as object
  const line = sealedLine(oddText(mutated(valid, changes)), { token, context: 'page request' })
  const sent = Buffer.from(line + more)
  const bytes = sent.subarray(0, sent.length - missing)
  const received = await exchange(port, bytes, sizes)
  const end = bytes.indexOf(10)
  const opened = bytes.toString('utf8', 0, end)
  const parsed = end < 0 ? undefined : openRequest(token, opened)
  if (!parsed || end > mountLimits.pageRequestBytes) {
    assert.equal(received.length, 0)
    return
  }
  const head = openHead(token, received.toString('utf8', 0, received.indexOf(10)), opened)
  assert.ok(head)
  const isHead = parsed.method === 'HEAD'
  assert.equal(head.bodyBytes, isHead ? 0 : Buffer.byteLength(body))
  assert.equal(received.subarray(received.indexOf(10) + 1).toString(), isHead ? '' : body)
}

/** What the fake page server sends to the next connection. */
interface Prepared {
  head: string
  body: Buffer
  missing: number
  sizes: readonly number[]
}

const token = 'a'.repeat(64)

async function startMountedPage(): Promise<Started<Input>> {
  const prepared: Prepared = { head: '', body: Buffer.alloc(0), missing: 0, sizes: [] }
  const fake = createServer((socket) => void answer(socket, prepared))
  fake.listen(0, '127.0.0.1')
  await once(fake, 'listening')
  const address = { port: (fake.address() as AddressInfo).port, token }
  const locator: PageServerLocator = new PageServerLocator(() =>
    setImmediate(() => locator.open(address)),
  )
  const page = new MountedPage({
    locator,
    // Without long pauses between the attempts.
    limits: { ...mountLimits, ...endpointLimits, pageRetryMs: 1 },
    onFault: () => {},
  })
  const server = createHttpServer((request, response) => page.respond(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    check: (input) => checkResponse(input, port, prepared),
    stop() {
      fake.close()
      server.close()
      server.closeAllConnections()
    },
  }
}

async function answer(socket: Socket, prepared: Prepared): Promise<void> {
  const { head, body: content, missing, sizes } = prepared
  socket.on('error', () => {})
  try {
    const context = await firstLine(socket, mountLimits.pageRequestBytes)
    socket.resume()
    const line = Buffer.from(sealedLine(head, { token, context }))
    const sent = Buffer.concat([line, content])
    await writeInParts(socket, sent.subarray(0, sent.length - missing), sizes)
  } catch {
    // The client has ended.
  }
  socket.end()
}

async function checkResponse(input: Input, port: number, prepared: Prepared): Promise<void> {
  const { changes, text, more, missing, sizes } = input
  const content = Buffer.from(text)
  const headers = { 'Content-Type': 'text/plain', 'Content-Length': String(content.length) }
  const head = { version: 1, status: 200, headers, bodyBytes: content.length }
  prepared.head = oddText(mutated(head, changes))
  prepared.body = Buffer.concat([content, Buffer.from(more)])
  prepared.missing = missing
  prepared.sizes = sizes
  const received = await requestOf(port)
  const isIntact = changes.length === 0 && more === '' && missing === 0
  if (isIntact) assert.deepEqual(received, { status: 200, text: content.toString() })
  else if (changes.length === 0 && typeof received === 'object' && received.status === 200) {
    assert.equal(received.text, content.toString())
  }
}

/** The whole answer, or `cut` for a connection that ended before. */
function requestOf(port: number): Promise<{ status: number | undefined; text: string } | 'cut'> {
  return new Promise((resolve) => {
    const onResponse = async (response: IncomingMessage): Promise<void> => {
      try {
        const chunks = Buffer.concat(await response.toArray())
        resolve({ status: response.statusCode, text: chunks.toString() })
      } catch {
        resolve('cut')
      }
    }
    const request = get({ port, host: '127.0.0.1', agent: false }, (response) => {
      void onResponse(response)
    })
    request.on('error', () => resolve('cut'))
  })
}
