import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import {
  type Authority,
  authorities,
  type Pair,
  scratchDirectory,
} from '../../support/endpoint/certificates.ts'
import { type App, eventually, freePort, startApp } from '../../support/programs/app.ts'
import { parsePage, sum } from '../../support/prometheus/page.ts'
import { curl, need } from '../../support/tools.ts'

/* curl, a client of another project, against the endpoint of an application under the preload. */

const scratch = scratchDirectory()
const secret = 's3cret größe'

interface Asked {
  /** Status of the response; 0 without a response. */
  readonly status: number
  readonly text: string
  /** Exit code of curl; 0 after a response. */
  readonly code: number
}

interface Running {
  readonly app: App
  readonly port: number
  /** Requests the path by curl with these arguments. */
  readonly ask: (path: string, ...args: string[]) => Promise<Asked>
}

interface Place {
  /** Start of the URL, for example `https://127.0.0.1`. */
  readonly origin?: string
  readonly env: Readonly<Record<string, string>>
  /** Arguments of every request. */
  readonly args?: readonly string[]
}

/**
 * The clustered application under the preload, once curl reaches its endpoint. Undefined where curl
 * is missing.
 */
async function running(
  context: TestContext,
  { origin = 'http://127.0.0.1', env, args = [] }: Place,
): Promise<Running | undefined> {
  const command = need(context, curl())
  if (command === undefined) return undefined
  const port = await freePort()
  const app = await startApp({
    file: 'apps/cluster/cluster.cjs',
    env: { PROMETHEUS_METRICS_PORT: String(port), ...env },
  })
  context.after(app.stop)
  await app.ready()
  const ask: Running['ask'] = async (path, ...more) => {
    const output = ['--silent', '--max-time', '20', '--write-out', '\n%{http_code}']
    const url = `${origin}:${port}${path}`
    const { code, text } = await run(command, [...output, ...args, ...more, url])
    const at = text.lastIndexOf('\n')
    return { code, text: text.slice(0, at), status: Number(text.slice(at + 1)) }
  }
  // Exit code 7: no process listens yet.
  await eventually(async () => assert.notEqual((await ask('/healthz')).code, 7))
  return { app, port, ask }
}

function run(command: string, args: readonly string[]): Promise<{ code: number; text: string }> {
  return new Promise((resolve) => {
    execFile(command, args, { maxBuffer: 1e9 }, (error, text) => {
      resolve({ code: error ? Number(error.code) : 0, text })
    })
  })
}

interface Certificates {
  readonly directory: string
  readonly authority: Authority
  readonly server: Pair
  /** Arguments of curl. */
  readonly trust: readonly string[]
  readonly client: readonly string[]
  readonly untrusted: readonly string[]
}

function certificates(context: TestContext): Certificates | undefined {
  const directory = mkdtempSync(join(scratch, 'tls-'))
  const make = authorities(context, directory)
  if (!make) return undefined
  const authority = make('authority')
  const as = ({ certfile, keyfile }: Pair): string[] => ['--cert', certfile, '--key', keyfile]
  return {
    directory,
    authority,
    server: authority.issue('server'),
    trust: ['--cacert', authority.certfile],
    client: as(authority.issue('client')),
    untrusted: as(make('other').issue('other-client')),
  }
}

function tlsVariables({ server }: Certificates): Record<string, string> {
  return { PROMETHEUS_SSL_CERTFILE: server.certfile, PROMETHEUS_SSL_KEYFILE: server.keyfile }
}

function isPage({ code, status, text }: Asked): void {
  assert.deepEqual([code, status], [0, 200])
  assert.ok(sum(parsePage(text), 'gunicorn_exporter_series') >= 0)
}

/** A response that contains nothing of the page. */
function isRefusal({ code, status, text }: Asked, expected: number): void {
  assert.deepEqual([code, status], [0, expected])
  assert.ok(!text.includes('gunicorn'), text)
}

/** No response. */
function isNothing({ code, status, text }: Asked): void {
  assert.ok(code !== 0, `status ${status}`)
  assert.deepEqual([status, text], [0, ''])
}

describe('curl', () => {
  test('gets the page over TLS from a server that it trusts', async (context) => {
    const all = certificates(context)
    const place = all && { origin: 'https://127.0.0.1', env: tlsVariables(all) }
    const endpoint = place && (await running(context, place))
    if (!all || !endpoint) return
    const { app, port, ask } = endpoint
    const answer = await ask('/metrics', ...all.trust)
    isPage(answer)
    const expiry = sum(
      parsePage(answer.text),
      'gunicorn_exporter_certificate_expiry_timestamp_seconds',
    )
    assert.ok(expiry * 1_000 > Date.now() + 86_400_000)
    isNothing(await ask('/metrics'))
    const plain = await run('curl', [
      '--silent',
      '--max-time',
      '20',
      `http://127.0.0.1:${port}/metrics`,
    ])
    assert.ok(plain.code !== 0)
    const { exporter } = JSON.parse((await ask('/status', ...all.trust)).text)
    assert.equal(Date.parse(exporter.certificateExpiresAt), expiry * 1_000)
    assert.equal(app.stderr(), '')
  })

  test('gets the page only with a client certificate if one is required', async (context) => {
    const all = certificates(context)
    const place = all && {
      origin: 'https://127.0.0.1',
      args: all.trust,
      env: {
        ...tlsVariables(all),
        PROMETHEUS_SSL_CLIENT_CAFILE: all.authority.certfile,
        PROMETHEUS_SSL_CLIENT_AUTH_REQUIRED: 'true',
      },
    }
    const endpoint = place && (await running(context, place))
    if (!all || !endpoint) return
    const { ask } = endpoint
    isPage(await ask('/metrics', ...all.client))
    for (const path of ['/metrics', '/status', '/healthz', '/readyz', '/']) {
      isNothing(await ask(path))
      isNothing(await ask(path, ...all.untrusted))
    }
  })

  test('gets open probes, and nothing else, without a certificate', async (context) => {
    const all = certificates(context)
    const place = all && {
      origin: 'https://localhost',
      args: all.trust,
      env: {
        ...tlsVariables(all),
        PROMETHEUS_SSL_CLIENT_CAPATH: all.directory,
        PROMETHEUS_SSL_CLIENT_AUTH_REQUIRED: 'true',
        PROMETHEUS_PROBES_OPEN: 'true',
      },
    }
    const endpoint = place && (await running(context, place))
    if (!all || !endpoint) return
    const { ask } = endpoint
    isPage(await ask('/metrics', ...all.client))
    assert.deepEqual((await ask('/healthz')).text, 'ok\n')
    await eventually(async () => {
      assert.equal((await ask('/readyz')).text, 'Listening: 2 of 2 workers.\n')
    })
    for (const path of ['/metrics', '/status', '/']) isRefusal(await ask(path), 403)
    // The directory contains the other authority too, so both are trusted.
    isPage(await ask('/metrics', ...all.untrusted))
  })

  test('gets the page with the password or the token of the environment', async (context) => {
    const endpoint = await running(context, {
      env: {
        PROMETHEUS_AUTH_USERNAME: 'scraper',
        PROMETHEUS_AUTH_PASSWORD: secret,
        PROMETHEUS_AUTH_BEARER_TOKEN: 't0ken',
      },
    })
    if (!endpoint) return
    const { app, ask } = endpoint
    isPage(await ask('/metrics', '--user', `scraper:${secret}`))
    isPage(await ask('/metrics', '--oauth2-bearer', 't0ken'))
    const status = await ask('/status', '--oauth2-bearer', 't0ken')
    assert.ok(!status.text.includes(secret) && !status.text.includes('t0ken'))
    const wrong = [[], ['--user', 'scraper:wrong'], ['--user', `other:${secret}`]]
    for (const args of [...wrong, ['--oauth2-bearer', 'wrong']]) {
      for (const path of ['/metrics', '/status', '/healthz', '/nothing']) {
        isRefusal(await ask(path, ...args), 401)
      }
    }
    const refused = { status_code: '401' }
    // The cached page can be half a second old.
    await eventually(async () => {
      const { text } = await ask('/metrics', '--oauth2-bearer', 't0ken')
      assert.equal(sum(parsePage(text), 'gunicorn_exporter_scrapes_total', refused), 4)
    })
    assert.equal(app.stderr(), '')
  })

  test('gets the page with secrets of files that change meanwhile', async (context) => {
    const directory = mkdtempSync(join(scratch, 'secrets-'))
    const path = (name: string): string => join(directory, name)
    for (const name of ['user', 'password', 'token']) writeFileSync(path(name), `${name}-1\n`)
    const endpoint = await running(context, {
      env: {
        PROMETHEUS_AUTH_USERNAME_FILE: path('user'),
        PROMETHEUS_AUTH_PASSWORD_FILE: path('password'),
        PROMETHEUS_AUTH_BEARER_TOKEN_FILE: path('token'),
      },
    })
    if (!endpoint) return
    const { ask } = endpoint
    isPage(await ask('/metrics', '--user', 'user-1:password-1'))
    isPage(await ask('/metrics', '--oauth2-bearer', 'token-1'))
    writeFileSync(path('password'), 'password-2\n')
    await eventually(async () => isPage(await ask('/metrics', '--user', 'user-1:password-2')))
    isRefusal(await ask('/metrics', '--user', 'user-1:password-1'), 401)
    writeFileSync(path('token'), '')
    const faults = { component: 'exporter_secrets' }
    await eventually(async () => {
      const { text } = await ask('/metrics', '--oauth2-bearer', 'token-1')
      assert.equal(sum(parsePage(text), 'gunicorn_exporter_faults_total', faults), 1)
    })
    writeFileSync(path('token'), 'token-2\n')
    await eventually(async () => isPage(await ask('/metrics', '--oauth2-bearer', 'token-2')))
  })

  test('gets the same page compressed and uncompressed', async (context) => {
    const endpoint = await running(context, { env: {} })
    if (!endpoint) return
    const { ask } = endpoint
    isPage(await ask('/metrics', '--compressed'))
    const raw = await ask(
      '/metrics',
      '--compressed',
      '--raw',
      '--output',
      '/dev/null',
      '--dump-header',
      '-',
    )
    assert.match(raw.text, /^content-encoding: gzip\r$/im)
    const selected = await ask(
      '/metrics?name[]=gunicorn_exporter_series',
      '--compressed',
      '--globoff',
    )
    assert.deepEqual(
      parsePage(selected.text).map(({ name }) => name),
      ['gunicorn_exporter_series'],
    )
  })

  test('gets the page over a unix socket', async (context) => {
    const path = join(mkdtempSync(join(scratch, 'unix-')), 'metrics.sock')
    const endpoint = await running(context, {
      env: { PROMETHEUS_BIND_ADDRESS: `unix:${path}` },
      args: ['--unix-socket', path],
    })
    if (endpoint) isPage(await endpoint.ask('/metrics'))
  })

  test('gets the page over IPv6', async (context) => {
    const all = Object.values(networkInterfaces()).flat()
    if (!all.some((each) => each?.address === '::1')) return context.skip('No IPv6 here.')
    const env = { PROMETHEUS_BIND_ADDRESS: '::1' }
    const endpoint = await running(context, { origin: 'http://[::1]', env, args: ['--globoff'] })
    if (endpoint) isPage(await endpoint.ask('/metrics'))
  })
})
