import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { authorities } from '../../support/endpoint/certificates.ts'
import { eventually, freePort, startApp } from '../../support/programs/app.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { runTop } from '../../support/top/run-top.ts'

async function port(context: TestContext, env: Readonly<Record<string, string>>): Promise<number> {
  const metricsPort = await freePort()
  const app = await startApp({
    file: 'apps/single/single.cjs',
    env: { PROMETHEUS_METRICS_PORT: String(metricsPort), ...env },
  })
  context.after(() => app.stop())
  await app.ready()
  const { PROMETHEUS_BIND_ADDRESS: address = '' } = env
  const place = address.startsWith('unix:')
    ? { path: address.slice(5) }
    : { port: metricsPort, host: '127.0.0.1' }
  await eventually(async () => {
    const socket = connect(place)
    try {
      await once(socket, 'connect')
    } finally {
      socket.destroy()
    }
  })
  return metricsPort
}

/** Runs `top` once. @returns the text of stderr, or `good`. */
async function outcome(args: readonly string[], env = {}): Promise<string> {
  const { code, stdout, stderr } = await runTop(['--once', ...args], env)
  if (code === 0) assert.match(stdout, /^Workers: 1 live/m)
  else assert.equal(stdout, '')
  return code === 0 ? 'good' : `${code} ${stderr.replace('gunicorn-prometheus-exporter: ', '')}`
}

describe('top with authentication', () => {
  test('shows a password by file, by variable, in the URL', async (context) => {
    const number = await port(context, {
      ...{ PROMETHEUS_AUTH_USERNAME: 'ann', PROMETHEUS_AUTH_PASSWORD: 'p@ss' },
    })
    const file = join(await temporaryDirectory(context), 'password')
    writeFileSync(file, 'p@ss\n')
    const address = `127.0.0.1:${number}`
    assert.equal(await outcome([address, '-u', 'ann', '--password-file', file]), 'good')
    const variable = { GUNICORN_TOP_PASSWORD: 'p@ss' }
    assert.equal(await outcome([address, '-u', 'ann'], variable), 'good')
    assert.equal(await outcome([`http://ann:p%40ss@${address}`]), 'good')
    const without = `1 http://${address} asks for credentials (401). Give --user and `
    assert.ok((await outcome([address])).startsWith(without))
    const wrong = await outcome([`http://ann:wrong@${address}`])
    assert.match(wrong, /^1 http:\/\/127\.\S+ refuses the given credentials \(401\)\./)
    assert.doesNotMatch(wrong, /ann|wrong/)
  })

  test('takes the secrets of the configuration for its own endpoint', async (context) => {
    const secret = { PROMETHEUS_AUTH_BEARER_TOKEN: 'a-token', PROMETHEUS_BIND_ADDRESS: '127.0.0.1' }
    const number = await port(context, secret)
    const own = { ...secret, PROMETHEUS_METRICS_PORT: String(number) }
    assert.equal(await outcome([], own), 'good')
    assert.equal(await outcome([`:${number}`], { GUNICORN_TOP_TOKEN: 'a-token' }), 'good')
    assert.match(await outcome([`:${number}`], own), /asks for credentials/)
  })
})

describe('top with TLS', () => {
  test('checks the certificate, and shows its own', async (context) => {
    const directory = await temporaryDirectory(context)
    const make = authorities(context, directory)
    if (make === undefined) return
    const authority = make('authority')
    const server = authority.issue('server')
    const client = authority.issue('client')
    const number = await port(context, {
      PROMETHEUS_SSL_CERTFILE: server.certfile,
      PROMETHEUS_SSL_KEYFILE: server.keyfile,
      PROMETHEUS_SSL_CLIENT_CAFILE: authority.certfile,
      PROMETHEUS_SSL_CLIENT_AUTH_REQUIRED: 'true',
    })
    const url = `https://127.0.0.1:${number}`
    const pair = ['--cert-file', client.certfile, '--key-file', client.keyfile]
    assert.equal(await outcome([url, '--ca-file', authority.certfile, ...pair]), 'good')
    const insecure = await runTop([url, '--once', '--insecure', ...pair])
    assert.equal(insecure.code, 0)
    assert.match(insecure.stderr, /Warning: --insecure: another program can pretend/)
    assert.match(await outcome([url, ...pair]), /^1 No known authority has signed .*--ca-file/)
    assert.match(
      await outcome([url, '--ca-file', authority.certfile]),
      /^1 https:\S+ (?:asks for a client certificate|closed the connection).*--cert-file/,
    )
    assert.match(await outcome([url.replace('https', 'http')]), /^1 .*The port may need https:/)
    const crossed = ['--cert-file', client.certfile, '--key-file', server.keyfile]
    assert.match(await outcome([url, ...crossed]), /^2 .*the key is of another certificate/)
  })

  test('says that a port has no TLS', async (context) => {
    const number = await port(context, {})
    assert.match(await outcome([`https://127.0.0.1:${number}`]), /^1 The port of .* has no TLS\./)
  })
})

test('top reads a unix socket', async (context) => {
  const path = join(await temporaryDirectory(context), 'metrics.sock')
  await port(context, { PROMETHEUS_BIND_ADDRESS: `unix:${path}` })
  assert.equal(await outcome([`unix:${path}`]), 'good')
  assert.equal(await outcome([], { PROMETHEUS_BIND_ADDRESS: `unix:${path}` }), 'good')
  assert.match(await outcome([`unix:${path}x`]), /^1 There is no socket at unix:.*\(ENOENT\)/)
})

describe('top says what is wrong with', () => {
  async function told(context: TestContext, listener: RequestListener): Promise<string> {
    const server = createServer(listener).listen(0, '127.0.0.1')
    context.after(() => server.close().closeAllConnections())
    await new Promise((resolve) => server.once('listening', resolve))
    return await outcome([`127.0.0.1:${(server.address() as AddressInfo).port}`])
  }
  const answers: Readonly<Record<string, readonly [RequestListener, RegExp]>> = {
    'a page of another program': [
      (_, response) => response.setHeader('Content-Type', 'text/html').end('<p>\u001b[2J'),
      /^1 \S+ answers, but not as an exporter .*: the page has the type text\/html/,
    ],
    'metrics of another program': [
      (_, response) => response.setHeader('Content-Type', 'text/plain').end('go_goroutines 7\n'),
      /^1 \S+ answers, but not as an exporter/,
    ],
    'a server without paths': [
      (_, response) => response.writeHead(404).end(),
      /^1 \S+ has neither \/live nor \/metrics \(404\)/,
    ],
    'a redirect': [
      (_, response) => response.writeHead(302, { Location: 'http://other/' }).end(),
      /^1 \S+ redirects to http:\/\/other\/ \(302\)\. top follows no redirect/,
    ],
    'a failing server': [
      (_, response) => response.writeHead(503).end('busy\u001b[2J\nmore'),
      /^1 \S+ answered with status 503: busy\\u\{1b\}\[2J \(GPE_TOP_NO_FIGURES\)\n$/,
    ],
    'a newer /live': [
      (_, response) => response.end('{"version":9,"headline":{},"workers":[]}'),
      /^1 \S+ has \/live of version 9; this top reads version 1\./,
    ],
    'a connection that closes': [
      (request) => void request.socket.destroy(),
      /^1 \S+ closed the connection without an answer\. The port may need https:/,
    ],
  }
  for (const [title, [listener, expected]] of Object.entries(answers)) {
    test(title, async (context) => assert.match(await told(context, listener), expected))
  }

  test('an answer without an end', async (context) => {
    const chunk = Buffer.alloc(1_048_576, ' ')
    const text = await told(context, (_, response) => {
      const write = (): void => void response.write(chunk, (error) => error || write())
      response.writeHead(200, { 'Content-Type': 'application/json' })
      write()
    })
    assert.match(text, /^1 .*(?:larger than 67108864 bytes|not answered within 10 s)/)
  })

  test('a port without a server, and a name without an address', async () => {
    const closed = `127.0.0.1:${await freePort()}`
    assert.match(await outcome([closed]), /^1 Nothing listens at \S+ \(ECONNREFUSED\)\./)
    assert.match(
      await outcome(['no-such-host.invalid']),
      /^1 The name no-such-host\.invalid has no address/,
    )
  })

  test('a wrong command line', async () => {
    assert.match(await outcome(['--sort', 'x']), /^2 --sort "x" is not a column of workers/)
  })
})
