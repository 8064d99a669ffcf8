import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import type { RequestOptions } from 'node:http'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  type Access,
  accessKeysOf,
  challenges,
  isAuthorized,
  type SecretSource,
  secretPaths,
} from '../../src/endpoint/access.ts'
import type { FilesStatus } from '../../src/endpoint/auth.ts'
import { scratchDirectory } from '../support/endpoint/certificates.ts'
import { ask, page, quick, serve, start } from '../support/endpoint/endpoint.ts'
import { eventually } from '../support/programs/app.ts'

const directory = scratchDirectory()
const value = (text: string): SecretSource => ({ kind: 'value', text })
const file = (name: string, text: string): SecretSource => {
  const path = join(directory, name)
  writeFileSync(path, text)
  return { kind: 'file', path }
}
const pair = { username: value('scraper'), password: value('größe: 7') }
const basic: Access = { basic: pair, bearer: undefined, probesOpen: false }
const bearer: Access = { basic: undefined, bearer: value('t0ken.~+/='), probesOpen: false }
const both: Access = { ...basic, bearer: bearer.bearer }
const header = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
const good = header('scraper:größe: 7')

describe('isAuthorized', () => {
  type Row = readonly [header: string | undefined, basic: boolean, bearer: boolean]
  const rows: readonly Row[] = [
    [good, true, false],
    [good.replace('Basic', 'bAsIc'), true, false],
    [good.replace('Basic ', 'Basic   '), true, false],
    [header('scraper:größe: 8'), false, false],
    [header('scraper:größe: 7 '), false, false],
    [header('scraper:größe: 7\n'), false, false],
    [header('scraper:'), false, false],
    [header('scraper'), false, false],
    [header('Scraper:größe: 7'), false, false],
    [header(':größe: 7'), false, false],
    [header(''), false, false],
    ['Basic !', false, false],
    ['Basic', false, false],
    ['Basic ', false, false],
    [undefined, false, false],
    ['', false, false],
    ['Bearer t0ken.~+/=', false, true],
    ['bearer t0ken.~+/=', false, true],
    ['Bearer t0ken.~+/', false, false],
    ['Bearer t0ken.~+/==', false, false],
    ['Bearer T0ken.~+/=', false, false],
    ['Bearer ', false, false],
    ['t0ken.~+/=', false, false],
    ['Digest t0ken.~+/=', false, false],
    [header('t0ken.~+/='), false, false],
  ]
  for (const [given, isBasic, isBearer] of rows) {
    test(`accepts or rejects the header ${JSON.stringify(given)} for each kind of secret`, () => {
      assert.equal(isAuthorized(accessKeysOf(basic, []), given), isBasic)
      assert.equal(isAuthorized(accessKeysOf(bearer, []), given), isBearer)
      assert.equal(isAuthorized(accessKeysOf(both, []), given), isBasic || isBearer)
    })
  }

  test('accepts every request without a secret', () => {
    const open = accessKeysOf({ basic: undefined, bearer: undefined, probesOpen: false }, [])
    assert.equal(isAuthorized(open, undefined), true)
    assert.deepEqual(challenges(open), [])
  })

  test('accepts a token in UTF-8 as curl sends it', () => {
    const keys = accessKeysOf({ ...bearer, bearer: value('größe') }, [])
    assert.equal(isAuthorized(keys, `Bearer ${Buffer.from('größe').toString('latin1')}`), true)
    assert.equal(isAuthorized(keys, 'Bearer größe'), false)
  })
})

describe('accessKeysOf', () => {
  const token = (source: SecretSource): Access => ({ ...bearer, bearer: source })
  const texts: Record<string, string> = {
    'without a newline': 'one',
    'with a newline': 'one\n',
    'with a newline of Windows': 'one\r\n',
  }
  for (const [title, text] of Object.entries(texts)) {
    test(`takes the text of a file ${title}`, () => {
      assert.equal(isAuthorized(accessKeysOf(token(file('a', text)), [text]), 'Bearer one'), true)
    })
  }

  test('keeps all newlines of a file but the last', () => {
    const keys = accessKeysOf(token(file('a', '')), ['one\n\n'])
    assert.equal(isAuthorized(keys, 'Bearer one'), false)
  })

  test('takes texts in the order of secretPaths', () => {
    const access: Access = {
      basic: { username: file('u', 'x'), password: file('p', 'x') },
      bearer: file('b', 'x'),
      probesOpen: false,
    }
    assert.deepEqual(
      secretPaths(access),
      ['u', 'p', 'b'].map((name) => join(directory, name)),
    )
    const keys = accessKeysOf(access, ['user\n', 'pass\n', 'token\n'])
    assert.ok(isAuthorized(keys, header('user:pass')))
    assert.ok(isAuthorized(keys, 'Bearer token'))
  })

  test('rejects an empty secret and names its file', () => {
    assert.throws(() => accessKeysOf(token(file('void', '\n')), ['\n']), /void is empty/)
    assert.throws(() => accessKeysOf(token(value('')), []), /secret is empty/)
  })
})

describe('An endpoint with secrets', () => {
  type Row = readonly [title: string, RequestOptions, status: number]
  const rows: readonly Row[] = [
    ['the page', {}, 401],
    ['the page by HEAD', { method: 'HEAD' }, 401],
    ['the page with a wrong password', { headers: { authorization: header('scraper:no') } }, 401],
    ['the status', { path: '/status' }, 401],
    ['a probe', { path: '/healthz' }, 401],
    ['the other probe', { path: '/readyz' }, 401],
    ['an unknown path', { path: '/nothing' }, 401],
    ['an unknown method', { method: 'DELETE' }, 401],
    ['the page with a password', { headers: { authorization: good } }, 200],
    [
      'a probe with a token',
      { path: '/readyz', headers: { authorization: 'Bearer t0ken.~+/=' } },
      200,
    ],
    [
      'an unknown path with a password',
      { path: '/nothing', headers: { authorization: good } },
      404,
    ],
    ['DELETE with a password', { method: 'DELETE', headers: { authorization: good } }, 405],
  ]
  for (const [title, options, expected] of rows) {
    test(`responds to ${title} with ${expected}`, async () => {
      const { port, scrapes } = await serve({ access: both })
      const { status, headers, text } = await ask(port, options)
      assert.equal(status, expected)
      assert.equal(headers['cache-control'], 'no-store')
      const isScrape = options.path === undefined && options.method !== 'DELETE'
      assert.deepEqual(scrapes, isScrape ? [expected] : [])
      if (expected !== 401) return
      assert.equal(
        headers['www-authenticate'],
        'Basic realm="metrics", charset="UTF-8", Bearer realm="metrics"',
      )
      assert.equal(headers['vary'], undefined)
      assert.equal(
        text,
        options.method === 'HEAD' ? '' : 'The endpoint requires a password or a token.\n',
      )
      assert.ok(!text.includes(page.slice(0, 10)))
    })
  }

  test('renders no page for a client without credentials', async () => {
    const { port } = await serve({ access: both, page: () => assert.fail('rendered') })
    assert.equal((await ask(port)).status, 401)
  })

  test('names the schemes that it accepts', async () => {
    const { port } = await serve({ access: bearer })
    assert.equal((await ask(port)).headers['www-authenticate'], 'Bearer realm="metrics"')
    const other = await serve({ access: basic })
    assert.match(
      String((await ask(other.port)).headers['www-authenticate']),
      /^Basic [^,]*, charset="UTF-8"$/,
    )
  })

  test('serves only probes without credentials when probes are open', async () => {
    const { port } = await serve({ access: { ...both, probesOpen: true } })
    const statuses = await Promise.all(
      ['/healthz', '/readyz', '/metrics', '/status', '/'].map(async (path) => {
        return (await ask(port, { path })).status
      }),
    )
    assert.deepEqual(statuses, [200, 200, 401, 401, 401])
  })
})

describe('Secrets in files', () => {
  const as = (password: string): RequestOptions => ({
    headers: { authorization: header(`scraper:${password}`) },
  })
  const statusAs = async (port: number, password: string): Promise<number | undefined> =>
    (await ask(port, as(password))).status

  test('change at run time, but not to an invalid secret, which is reported once', async () => {
    const password = file('password', 'old\n')
    const path = join(directory, 'password')
    const changes: FilesStatus[] = []
    const { port } = await serve({
      access: { ...basic, basic: { username: value('scraper'), password } },
      onFiles: (each) => changes.push(each),
    })
    assert.equal(await statusAs(port, 'old'), 200)
    writeFileSync(path, 'new\n')
    await eventually(async () => assert.equal(await statusAs(port, 'new'), 200))
    assert.equal(await statusAs(port, 'old'), 401)
    assert.equal(changes.length, 0)
    writeFileSync(path, '\n')
    await eventually(() => assert.equal(changes.length, 1))
    assert.equal(await statusAs(port, 'new'), 200)
    assert.equal(await statusAs(port, ''), 401)
    // The same content again is the same invalid state.
    writeFileSync(path, '\n')
    await polls(4)
    assert.equal(changes.length, 1)
    writeFileSync(path, 'newest\n')
    await eventually(() => assert.equal(changes.length, 2))
    assert.equal(await statusAs(port, 'newest'), 200)
    assert.deepEqual(
      changes.map(({ kind, part }) => `${part} ${kind}`),
      ['secrets invalid', 'secrets valid'],
    )
    assert.match(
      String(changes[0]?.kind === 'invalid' && changes[0].error.message),
      /password is empty/,
    )
  })

  test('keep the endpoint from listening until they exist', async () => {
    const path = join(directory, 'late')
    const failures: Error[] = []
    const bound = new Promise<string>((resolve) => {
      start({
        access: { ...bearer, bearer: { kind: 'file', path } },
        onBound: resolve,
        onBindFailed(error) {
          failures.push(error)
          writeFileSync(path, 'here')
        },
      })
    })
    const port = Number(new URL(await bound).port)
    assert.match(failures[0]?.message ?? '', /ENOENT.*late/)
    assert.equal((await ask(port)).status, 401)
    assert.equal((await ask(port, { headers: { authorization: 'Bearer here' } })).status, 200)
  })
})

/** Waits for so many polls of the files, in which an unwanted change would show. */
function polls(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count * quick.filePollMs))
}
