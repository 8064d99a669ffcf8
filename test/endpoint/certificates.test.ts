import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { Agent, type RequestOptions } from 'node:https'
import { connect as connectPlain } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import type { FilesStatus } from '../../src/endpoint/auth.ts'
import type { EndpointOptions } from '../../src/endpoint/endpoint.ts'
import type { TlsFiles } from '../../src/endpoint/tls.ts'
import { endpointLimits } from '../../src/limits/endpoint.ts'
import {
  type Authority,
  authorities,
  type Pair,
  scratchDirectory,
} from '../support/endpoint/certificates.ts'
import {
  type Answer,
  ask,
  page,
  quick,
  serve,
  start,
  unlocked,
} from '../support/endpoint/endpoint.ts'
import { eventually } from '../support/programs/app.ts'

const scratch = scratchDirectory()

interface Issued {
  readonly directory: string
  /** The authority of the server's certificate. */
  readonly authority: Authority
  readonly other: Authority
  readonly server: Pair
  readonly client: Pair
  readonly otherClient: Pair
  readonly files: TlsFiles
}

/** Certificates in a directory of their own; undefined without openssl. */
function issued(context: TestContext): Issued | undefined {
  const directory = mkdtempSync(join(scratch, 'tls-'))
  shared ??= issueAll(context)
  return shared && { directory, ...shared }
}

/** Every test uses the same certificates: openssl takes most of the time of a test. */
let shared: Omit<Issued, 'directory'> | undefined

function issueAll(context: TestContext): Omit<Issued, 'directory'> | undefined {
  const make = authorities(context, scratch)
  if (!make) return undefined
  const [authority, other] = [make('authority'), make('other')]
  const server = authority.issue('server')
  const client = authority.issue('client')
  const otherClient = other.issue('other-client')
  const { certfile, keyfile } = server
  const none = { clientCafile: undefined, clientCapath: undefined, clientAuthRequired: false }
  const files = { certfile, keyfile, ...none }
  return { authority, other, server, client, otherClient, files }
}

function testWithTls(title: string, act: (issued: Issued) => Promise<void>): void {
  test(title, async (context) => {
    const all = issued(context)
    if (all) await act(all)
  })
}

describe('An endpoint with TLS', () => {
  testWithTls('serves every path over TLS and rejects plain HTTP', async (all) => {
    const expiries: number[] = []
    const onCertificate = (expiresAt: number): void => void expiries.push(expiresAt)
    const { url, port, scrapes } = await serve({ tls: all.files, onCertificate })
    assert.equal(url, `https://127.0.0.1:${port}/metrics`)
    const ca = all.authority.cert
    const answer = await ask(port, { ca, headers: { 'accept-encoding': 'gzip' } })
    assert.deepEqual([answer.status, answer.text], [200, page])
    assert.equal((await ask(port, { ca, path: '/healthz' })).status, 200)
    assert.deepEqual(scrapes, [200])
    await assert.rejects(ask(port))
    await assert.rejects(ask(port, { ca: all.other.cert }))
    const days = ((expiries[0] ?? 0) - Date.now()) / 86_400_000
    assert.ok(expiries.length === 1 && days > 1 && days <= 2, `${expiries}`)
  })

  testWithTls('rejects versions of TLS below 1.2', async (all) => {
    const { port } = await serve({ tls: all.files })
    const versions: ConnectionOptions['maxVersion'][] = ['TLSv1.1', 'TLSv1.2', 'TLSv1.3']
    const spoken = versions.map(async (maxVersion) => {
      // Level 0: clients of today would not offer the old ones at all.
      const old = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
      const socket = connect({
        port,
        host: '127.0.0.1',
        ca: all.authority.cert,
        maxVersion,
        ...old,
      })
      try {
        await once(socket, 'secureConnect')
        return socket.getProtocol()
      } catch {
        return undefined
      } finally {
        socket.destroy()
      }
    })
    assert.deepEqual(await Promise.all(spoken), [undefined, 'TLSv1.2', 'TLSv1.3'])
  })

  testWithTls(
    'closes a connection without a handshake after endpointLimits.endpointHandshakeMs',
    async (all) => {
      const endpointHandshakeMs = endpointLimits.endpointHandshakeMs / 20
      const limits = { ...quick, endpointHandshakeMs }
      const { port } = await serve({ tls: all.files, limits })
      const socket = connectPlain(port, '127.0.0.1')
      await once(socket, 'connect')
      await once(socket.resume(), 'close')
      assert.equal((await ask(port, { ca: all.authority.cert })).status, 200)
    },
  )

  testWithTls('listens once invalid files become valid', async (all) => {
    const other = all.authority.issue('another')
    const failures: Error[] = []
    const file = join(all.directory, 'late.crt')
    copyFileSync(other.certfile, file)
    const bound = new Promise<string>((resolve) => {
      start({
        tls: { ...all.files, certfile: file },
        onBound: resolve,
        onBindFailed(error) {
          failures.push(error)
          copyFileSync(all.server.certfile, file)
        },
      })
    })
    const port = Number(new URL(await bound).port)
    assert.match(failures[0]?.message ?? '', /key values mismatch/)
    assert.equal((await ask(port, { ca: all.authority.cert })).status, 200)
  })
})

describe('A client certificate', () => {
  type Policy = 'required' | 'required, probes open' | 'optional' | 'optional, by directory'
  type Client = 'known authority' | 'other authority' | 'no authority'
  /** Status of the page and of a probe; undefined when the handshake fails. */
  type Row = readonly [Policy, Client, metrics: number | undefined, probe: number | undefined]
  const rows: readonly Row[] = [
    ['required', 'known authority', 200, 200],
    ['required', 'other authority', undefined, undefined],
    ['required', 'no authority', undefined, undefined],
    ['required, probes open', 'known authority', 200, 200],
    ['required, probes open', 'other authority', 403, 200],
    ['required, probes open', 'no authority', 403, 200],
    ['optional', 'known authority', 200, 200],
    ['optional', 'other authority', 403, 403],
    ['optional', 'no authority', 200, 200],
    ['optional, by directory', 'known authority', 200, 200],
    ['optional, by directory', 'other authority', 403, 403],
  ]
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    for (const [policy, client, ...expected] of rows) {
      testWithTls(
        `${policy} and from ${client} leads to ${expected} (${maxVersion})`,
        async (all) => {
          const { port, scrapes } = await serve(underPolicy(all, policy))
          const pair = {
            'known authority': all.client,
            'other authority': all.otherClient,
            'no authority': undefined,
          }[client]
          const options = { ca: all.authority.cert, cert: pair?.cert, key: pair?.key, maxVersion }
          const statuses = await Promise.all(
            ['/metrics', '/healthz'].map(async (path) => {
              return await ask(port, { ...options, path }).then(
                ({ status, text }) => {
                  if (status !== 200) assert.ok(!text.includes('größe'))
                  return status
                },
                () => undefined,
              )
            }),
          )
          assert.deepEqual(statuses, expected)
          assert.deepEqual(scrapes, expected[0] === undefined ? [] : [expected[0]])
        },
      )
    }
  }

  testWithTls('does not replace a password', async (all) => {
    const secret = { kind: 'value', text: 'token' } as const
    const { port } = await serve({
      ...underPolicy(all, 'required'),
      access: { ...unlocked, bearer: secret },
    })
    const options = { ca: all.authority.cert, cert: all.client.cert, key: all.client.key }
    assert.equal((await ask(port, options)).status, 401)
    const headers = { authorization: 'Bearer token' }
    assert.equal((await ask(port, { ...options, headers })).status, 200)
    await assert.rejects(ask(port, { ca: options.ca, headers }))
  })

  const faulty: Record<string, (all: Issued) => Partial<TlsFiles>> = {
    'without an authority': () => ({ clientAuthRequired: true }),
    'with an empty file of authorities': ({ directory }) => {
      const clientCafile = join(directory, 'empty.crt')
      writeFileSync(clientCafile, '\n')
      return { clientCafile }
    },
    'with an empty directory of authorities': ({ directory }) => {
      const clientCapath = join(directory, 'empty')
      mkdirSync(clientCapath)
      return { clientCapath }
    },
    'with an invalid authority': ({ directory }) => {
      const clientCafile = join(directory, 'none.crt')
      writeFileSync(clientCafile, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
      return { clientCafile }
    },
  }
  for (const [title, change] of Object.entries(faulty)) {
    testWithTls(`${title} keeps the endpoint from listening`, async (all) => {
      const failure = await new Promise<Error>((resolve, reject) => {
        start({
          tls: { ...all.files, ...change(all) },
          onBound: () => reject(new Error('bound')),
          onBindFailed: resolve,
        })
      })
      assert.match(failure.message, /authority|PEM|asn1|too short|wrong tag|header/i)
    })
  }

  function underPolicy(all: Issued, policy: Policy): Partial<EndpointOptions> {
    const clientAuthRequired = policy.startsWith('required')
    const access = { ...unlocked, probesOpen: policy.endsWith('probes open') }
    if (!policy.endsWith('directory')) {
      return {
        tls: { ...all.files, clientCafile: all.authority.certfile, clientAuthRequired },
        access,
      }
    }
    const clientCapath = join(all.directory, 'authorities')
    mkdirSync(join(clientCapath, 'a directory'), { recursive: true })
    writeFileSync(join(clientCapath, 'README'), 'No certificate.')
    symlinkSync(all.authority.certfile, join(clientCapath, 'authority.pem'))
    return { tls: { ...all.files, clientCapath, clientAuthRequired }, access }
  }
})

describe('A new certificate', () => {
  for (const how of ['file by file', 'by a link']) {
    testWithTls(`${how} fails no scrape`, async (all) => {
      const { replace, tls } = replaceable(all, how === 'by a link')
      const { port } = await serve({ tls })
      const seen = new Set<string>()
      const ca = all.authority.cert
      const scrape = (agent: Agent | false) => scrapeNoting(port, { ca, agent }, seen)
      const failures = await underScrapes(scrape, async () => {
        await eventually(() => assert.ok(seen.has('server')))
        for (const name of ['second-server', 'third-server']) {
          replace(all.authority.issue(name))
          await eventually(() => assert.ok(seen.has(name)))
        }
      })
      assert.deepEqual(failures, [])
      assert.deepEqual([...seen], ['server', 'second-server', 'third-server'])
    })
  }

  testWithTls('ends earlier connections with their next response', async (all) => {
    const { replace, tls } = replaceable(all, false)
    const { port } = await serve({ tls })
    const ca = all.authority.cert
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const before = await ask(port, { ca, agent })
    assert.equal(before.headers.connection, 'keep-alive')
    replace(all.authority.issue('second-server'))
    // Another connection shows when the new certificate is in use.
    const seen = new Set<string>()
    await eventually(async () => {
      await scrapeNoting(port, { ca, agent: false }, seen)
      assert.ok(seen.has('second-server'))
    })
    const after = await ask(port, { ca, agent })
    assert.equal(after.text, page)
    assert.equal(after.headers.connection, 'close')
    agent.destroy()
  })

  testWithTls(
    'that does not match its key is reported once, and the old certificate stays',
    async (all) => {
      const { replace, tls } = replaceable(all, false)
      const changes: FilesStatus[] = []
      const { port } = await serve({ tls, onFiles: (each) => changes.push(each) })
      const other = all.authority.issue('other-server')
      const seen = new Set<string>()
      const scrape = () => scrapeNoting(port, { ca: all.authority.cert, agent: false }, seen)
      replace({ ...other, key: all.client.key })
      await eventually(() => assert.equal(changes.length, 1))
      await scrape()
      await polls(3)
      writeFileSync(tls.keyfile, 'no key')
      await eventually(() => assert.equal(changes.length, 2))
      rmSync(tls.keyfile)
      await eventually(() => assert.equal(changes.length, 3))
      await scrape()
      assert.deepEqual([...seen], ['server'])
      replace(other)
      await eventually(async () => {
        await scrape()
        assert.ok(seen.has('other-server'))
      })
      assert.deepEqual(
        changes.map(({ kind, part }) => `${part} ${kind}`),
        ['tls invalid', 'tls invalid', 'tls invalid', 'tls valid'],
      )
      const errors = changes.flatMap((each) =>
        each.kind === 'invalid' ? [each.error.message] : [],
      )
      assert.match(errors[0] ?? '', /mismatch/)
      assert.match(errors[2] ?? '', /ENOENT/)
      assert.ok(errors.every((text) => !text.includes('no key')))
    },
  )

  testWithTls('before its key causes no report', async (all) => {
    const { tls } = replaceable(all, false)
    const changes: FilesStatus[] = []
    // Slow polls: the report follows the second poll that finds files that do not match.
    const limits = { ...quick, filePollMs: endpointLimits.filePollMs / 20 }
    const { port } = await serve({ tls, limits, onFiles: (each) => changes.push(each) })
    for (const name of ['second', 'third']) {
      const next = all.authority.issue(`${name}-server`)
      writeFileSync(tls.certfile, next.cert)
      await new Promise((resolve) => setTimeout(resolve, limits.filePollMs / 3))
      writeFileSync(tls.keyfile, next.key)
      const seen = new Set<string>()
      await eventually(async () => {
        await scrapeNoting(port, { ca: all.authority.cert, agent: false }, seen)
        assert.ok(seen.has(`${name}-server`))
      })
    }
    assert.deepEqual(changes, [])
  })
})

describe('A new authority', () => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    testWithTls(`rejects sessions of clients of the old authority (${maxVersion})`, async (all) => {
      const clientCafile = join(all.directory, 'clients.crt')
      copyFileSync(all.authority.certfile, clientCafile)
      const tls = { ...all.files, clientCafile, clientAuthRequired: true }
      const { port } = await serve({ tls })
      const old = { ca: all.authority.cert, cert: all.client.cert, key: all.client.key, maxVersion }
      const next = { ...old, cert: all.otherClient.cert, key: all.otherClient.key }
      const first = await speak(port, old)
      assert.equal(first.status, 200)
      assert.ok(first.session !== undefined, 'the client has no session to come back with')
      const session = { session: first.session }
      // Sessions are not resumed even before the change: a certificate may have ended since.
      const again = await speak(port, { ...old, ...session })
      assert.deepEqual([again.status, again.isReused], [200, false])
      copyFileSync(all.other.certfile, clientCafile)
      await eventually(async () => assert.equal((await speak(port, next)).status, 200))
      const back = await speak(port, { ...old, ...session })
      assert.deepEqual([back.status, back.isReused], [undefined, false])
    })
  }

  testWithTls('ends earlier connections with their next response', async (all) => {
    const clientCafile = join(all.directory, 'clients.crt')
    copyFileSync(all.authority.certfile, clientCafile)
    const { port } = await serve({ tls: { ...all.files, clientCafile, clientAuthRequired: true } })
    const old = { ca: all.authority.cert, cert: all.client.cert, key: all.client.key }
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    await ask(port, { ...old, agent })
    copyFileSync(all.other.certfile, clientCafile)
    const next = { ...old, cert: all.otherClient.cert, key: all.otherClient.key }
    await eventually(async () => assert.equal((await ask(port, next)).status, 200))
    assert.equal((await ask(port, { ...old, agent })).headers.connection, 'close')
    await assert.rejects(ask(port, { ...old, agent }))
    agent.destroy()
  })
})

interface Replaceable {
  readonly tls: TlsFiles
  readonly replace: (pair: Pick<Pair, 'cert' | 'key'>) => void
}

/** Replaceable files: one after the other, or, as in Kubernetes, by a link to a directory. */
function replaceable({ directory, files, server }: Issued, byLink: boolean): Replaceable {
  const mounted = join(directory, 'mounted')
  mkdirSync(mounted)
  let count = 0
  const write = (to: string, { cert, key }: Pick<Pair, 'cert' | 'key'>): void => {
    mkdirSync(to, { recursive: true })
    writeFileSync(join(to, 'tls.crt'), cert)
    writeFileSync(join(to, 'tls.key'), key)
  }
  const replace: Replaceable['replace'] = (pair) => {
    if (!byLink) {
      write(mounted, pair)
      return
    }
    count += 1
    write(join(mounted, `..${count}`), pair)
    symlinkSync(`..${count}`, join(mounted, '..data_tmp'))
    renameSync(join(mounted, '..data_tmp'), join(mounted, '..data'))
    if (count > 1) rmSync(join(mounted, `..${count - 1}`), { recursive: true })
  }
  replace(server)
  const [certfile = '', keyfile = ''] = ['tls.crt', 'tls.key'].map((name) => {
    if (byLink) symlinkSync(join('..data', name), join(mounted, name))
    return join(mounted, name)
  })
  return { tls: { ...files, certfile, keyfile }, replace }
}

/**
 * Acts while two clients scrape the page without pause: on one connection, and on a new one each.
 * @returns the failures.
 */
async function underScrapes(
  scrape: (agent: Agent | false) => Promise<Answer>,
  act: () => Promise<void>,
): Promise<unknown[]> {
  const failures: unknown[] = []
  const kept = new Agent({ keepAlive: true, maxSockets: 1 })
  let isOver = false
  const lane = async (agent: Agent | false): Promise<void> => {
    while (!isOver) {
      const { status, text } = await scrape(agent)
      if (status !== 200 || text !== page) throw new Error(`status ${status}`)
    }
  }
  const lanes = [kept, false as const].map((agent) =>
    lane(agent).catch((error) => failures.push(error)),
  )
  try {
    await act()
  } finally {
    isOver = true
    await Promise.all(lanes)
    kept.destroy()
  }
  return failures
}

/** A scrape that notes the name in the server's certificate. */
async function scrapeNoting(port: number, options: RequestOptions, seen: Set<string>) {
  return await ask(port, {
    ...options,
    checkServerIdentity(_host, { subject }) {
      seen.add(String(subject.CN))
      return undefined
    },
  })
}

interface Spoken {
  readonly status: number | undefined
  readonly isReused: boolean
  readonly session: Buffer | undefined
}

/** One request over a connection of its own; without a status when the server closes. */
async function speak(port: number, options: ConnectionOptions): Promise<Spoken> {
  const socket: TLSSocket = connect({ port, host: '127.0.0.1', ...options })
  let [text, isReused] = ['', false]
  let session: Buffer | undefined
  socket.on('secureConnect', () => {
    isReused = socket.isSessionReused()
  })
  socket.on('session', (offered) => {
    session = offered
  })
  socket.on('data', (data) => {
    text += data
  })
  socket.on('error', () => {})
  socket.write('GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await new Promise((resolve) => socket.on('close', resolve))
  const status = /^HTTP\/1\.1 (\d+)/.exec(text)?.[1]
  return { status: status === undefined ? undefined : Number(status), isReused, session }
}

/** Waits for so many polls of the files, in which an unwanted change would show. */
function polls(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count * quick.filePollMs))
}
