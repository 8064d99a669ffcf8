import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Access } from '../../../../src/endpoint/access.ts'
import { type Endpoint, serveEndpoint } from '../../../../src/endpoint/endpoint.ts'
import { endpointLimits } from '../../../../src/limits/endpoint.ts'
import { rendering } from '../../endpoint/endpoint.ts'
import { renderText } from '../../exposition/render-text.ts'
import { sourceState } from '../../redis/source-state.ts'
import { exchange, splits } from '../byte-stream.ts'
import { type FuzzTarget, type Started, slowFuzzTarget } from '../fuzz-target.ts'
import { oddTexts } from '../odd-values.ts'

interface Input {
  readonly lines: readonly string[]
  /** Changes of single bytes. */
  readonly changes: readonly { readonly at: number; readonly byte: number }[]
  readonly body: string
  readonly sizes: readonly number[]
  readonly isProtected: boolean
}

const paths = fc.oneof(
  fc.constantFrom('/metrics', '/status', '/healthz', '/readyz', '/', '*', '//metrics', '/metrics/'),
  fc.constantFrom('/metrics?name[]=orders_total', '/metrics?name%5B%5D=x', '/metrics?%', '/%2e%2e'),
  fc.constantFrom(
    'http://h/metrics',
    'metrics',
    '/metrics#x',
    `/metrics?${'name[]=a&'.repeat(101)}`,
  ),
  oddTexts.map((text) => `/metrics?name[]=${text}`),
  oddTexts,
)
const methods = fc.oneof(
  fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST', 'PUT', 'OPTIONS', 'TRACE', 'CONNECT', 'get'),
  fc.constantFrom('PRI', 'G E T', 'PROPFIND', ''),
)
const versions = fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', '')
const fieldNames = fc.oneof(
  fc.constantFrom('Accept', 'Accept-Encoding', 'Authorization', 'Expect', 'Upgrade', 'Connection'),
  fc.constantFrom(
    'Content-Length',
    'Transfer-Encoding',
    'Range',
    'Cookie',
    'X',
    ' X',
    '',
    '__proto__',
  ),
)
const fieldValues = fc.oneof(
  fc.constantFrom(
    'application/openmetrics-text;version=1.0.0',
    'text/plain;q=0',
    '*/*;q=nan',
    'gzip',
  ),
  fc.constantFrom(
    'Basic dTpw',
    'Basic',
    'Bearer t',
    'Bearer',
    'Basic ====',
    'Digest x',
    'basic OnA',
  ),
  fc.constantFrom('chunked', '5', '-1', '1e9', '100-continue', 'websocket', 'upgrade', 'close'),
  fc.constantFrom('x'.repeat(16_500), ',;='.repeat(4_000), 'h2c, HTTP2-Settings'),
  oddTexts,
)

const inputs: fc.Arbitrary<Input> = fc.record<Input>({
  lines: fc
    .tuple(
      methods,
      paths,
      versions,
      fc.array(fc.tuple(fieldNames, fieldValues), { maxLength: 5 }),
      fc.boolean(),
    )
    .map(([method, path, version, fields, hasHost]) => [
      `${method} ${path} ${version}`,
      ...(hasHost ? ['Host: h'] : []),
      ...fields.map(([name, value]) => `${name}: ${value}`),
    ]),
  changes: fc.array(fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }) }), { maxLength: 3 }),
  body: fc.oneof(
    fc.constant(''),
    fc.constantFrom(
      '5\r\nhello\r\n0\r\n\r\n',
      'GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n',
      'zz\r\n',
    ),
    oddTexts,
  ),
  sizes: splits,
  isProtected: fc.boolean(),
})

/** Heads of requests over raw sockets. */
export const endpointTarget: FuzzTarget = slowFuzzTarget({
  name: 'endpoint',
  claim: 'the endpoint answers any bytes with valid responses or a closed connection, and lives on',
  quickCases: 800,
  inputs,
  start,
})

const secrets: Access = {
  basic: {
    username: { kind: 'value', text: 'user' },
    password: { kind: 'value', text: 'a-password' },
  },
  bearer: { kind: 'value', text: 'a-token' },
  probesOpen: true,
}

async function start(): Promise<Started<Input>> {
  const open = await serve({ basic: undefined, bearer: undefined, probesOpen: false })
  const shut = await serve(secrets)
  return {
    check: (input) => check(input, input.isProtected ? shut.port : open.port),
    async stop() {
      for (const [port, status] of [
        [open.port, 200],
        [shut.port, 401],
      ] as const) {
        const bytes = Buffer.from('GET /metrics HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')
        const text = (await exchange(port, bytes, [])).toString()
        assert.ok(text.startsWith(`HTTP/1.1 ${status} `), text.slice(0, 200))
      }
      open.endpoint.close()
      shut.endpoint.close()
    },
  }
}

async function check(input: Input, port: number): Promise<void> {
  const { lines, changes, body, sizes, isProtected } = input
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1')
  for (const { at, byte } of changes) if (at % 3 > 0) bytes[at % bytes.length] = byte
  const received = await exchange(port, bytes, sizes)
  assertResponses(received, bytes)
  const page = received.toString()
  if (isProtected) assert.ok(!page.includes('# TYPE'), 'the page without a secret')
}

/** Each response has a whole head, and the body that the head announces. */
function assertResponses(received: Buffer, sent: Buffer): void {
  let rest = received
  while (rest.length > 0) {
    const end = rest.indexOf('\r\n\r\n')
    const head = rest.toString('latin1', 0, end)
    assert.match(head, /^HTTP\/1\.1 [1-5]\d\d [ -~]*(?:\r\n[\w-]+: [ -~]*)*$/)
    rest = rest.subarray(end + 4)
    const size = bodySize(head, rest)
    // Only one of several requests can be HEAD: then the next response, or nothing, follows.
    const isBodiless = sent.includes('HEAD') && !/^HTTP\/1\.1 1/.test(head)
    if (isBodiless && (rest.length === 0 || rest.toString('latin1', 0, 5) === 'HTTP/')) continue
    assert.ok(rest.length >= size, `${rest.length} of ${size} bytes after ${head}`)
    rest = rest.subarray(size)
  }
}

/** Node sends some errors in chunks, without content. */
function bodySize(head: string, rest: Buffer): number {
  if (/^transfer-encoding: chunked$/im.test(head)) return rest.indexOf('0\r\n\r\n') + 5
  return Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0)
}

async function serve(access: Access): Promise<{ port: number; endpoint: Endpoint }> {
  const page = renderText(sourceState().metrics, 'prometheus')
  let endpoint: Endpoint | undefined
  const url = await new Promise<string>((resolve, reject) => {
    endpoint = serveEndpoint({
      address: { kind: 'tcp', host: '127.0.0.1', port: 0 },
      names: { port: 'PORT', address: 'ADDRESS', tls: [], secrets: [] },
      isBound: true,
      tls: undefined,
      access,
      limits: endpointLimits,
      maxConnections: endpointLimits.endpointConnections,
      pageMaxAgeMs: 0,
      page: () => rendering(page),
      status: () => '{}',
      readiness: () => ({ isReady: true, text: 'Listening.' }),
      onScrape: () => {},
      onBound: resolve,
      onBindFailed: () => reject(new Error('the endpoint cannot listen')),
      onFiles: () => {},
      onCertificate: () => {},
      onDropped: () => {},
    })
  })
  assert.ok(endpoint)
  return { port: Number(new URL(url).port), endpoint }
}
