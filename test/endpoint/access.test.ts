import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import type { RequestOptions } from 'node:http'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  type Access,
  accessKeysOf,
  admits,
  challenges,
  type SecretSource,
  secretPaths,
} from '../../src/endpoint/access.ts'
import type { FilesNews } from '../../src/endpoint/auth.ts'
import { endpointLimits } from '../../src/limits/endpoint.ts'
import { scratchDirectory } from '../support/endpoint/certificates.ts'
import { ask, page, serve, start } from '../support/endpoint/endpoint.ts'
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

describe('an Authorization header', () => {
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
    test(`${JSON.stringify(given)} is let in by the one, the other or neither`, () => {
      assert.equal(admits(accessKeysOf(basic, []), given), isBasic)
      assert.equal(admits(accessKeysOf(bearer, []), given), isBearer)
      assert.equal(admits(accessKeysOf(both, []), given), isBasic || isBearer)
    })
  }

  test('is not asked for where there is no secret', () => {
    const open = accessKeysOf({ basic: undefined, bearer: undefined, probesOpen: false }, [])
    assert.equal(admits(open, undefined), true)
    assert.deepEqual(challenges(open), [])
  })

  test('may be of UTF-8, as curl sends it', () => {
    const keys = accessKeysOf({ ...bearer, bearer: value('größe') }, [])
    assert.equal(admits(keys, `Bearer ${Buffer.from('größe').toString('latin1')}`), true)
    assert.equal(admits(keys, 'Bearer größe'), false)
  })
})

describe('a secret from a file', () => {
  const token = (source: SecretSource): Access => ({ ...bearer, bearer: source })
  const texts: Record<string, string> = {
    'without a newline': 'one',
    'with one': 'one\n',
    'with one of Windows': 'one\r\n',
  }
  for (const [title, text] of Object.entries(texts)) {
    test(`${title} is its text`, () => {
      assert.equal(admits(accessKeysOf(token(file('a', text)), [text]), 'Bearer one'), true)
    })
  }

  test('keeps all newlines but the last', () => {
    const keys = accessKeysOf(token(file('a', '')), ['one\n\n'])
    assert.equal(admits(keys, 'Bearer one'), false)
  })

  test('is read in the order of its paths', () => {
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
    assert.ok(admits(keys, header('user:pass')))
    assert.ok(admits(keys, 'Bearer token'))
  })

  test('that is empty is refused, and named', () => {
    assert.throws(() => accessKeysOf(token(file('void', '\n')), ['\n']), /void is empty/)
    assert.throws(() => accessKeysOf(token(value('')), []), /secret is empty/)
  })
})

describe('a locked endpoint', () => {
  type Row = readonly [title: string, RequestOptions, status: number]
  const rows: readonly Row[] = [
    ['the page', {}, 401],
    ['the page by HEAD', { method: 'HEAD' }, 401],
    ['the page with a wrong password', { headers: { authorization: header('scraper:no') } }, 401],
    ['the status', { path: '/status' }, 401],
    ['a probe', { path: '/healthz' }, 401],
    ['the other probe', { path: '/readyz' }, 401],
    ['a path that is not there', { path: '/nothing' }, 401],
    ['a method that is not there', { method: 'DELETE' }, 401],
    ['the page with a password', { headers: { authorization: good } }, 200],
    [
      'a probe with a token',
      { path: '/readyz', headers: { authorization: 'Bearer t0ken.~+/=' } },
      200,
    ],
    ['nothing with a password', { path: '/nothing', headers: { authorization: good } }, 404],
    ['DELETE with a password', { method: 'DELETE', headers: { authorization: good } }, 405],
  ]
  for (const [title, options, expected] of rows) {
    test(`answers ${title} with ${expected}`, async () => {
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
      assert.equal(text, options.method === 'HEAD' ? '' : 'This needs a password or a token.\n')
      assert.ok(!text.includes(page.slice(0, 10)))
    })
  }

  test('renders nothing for whoever may not see it', async () => {
    const { port } = await serve({ access: both, page: () => assert.fail('rendered') })
    assert.equal((await ask(port)).status, 401)
  })

  test('asks for what it takes', async () => {
    const { port } = await serve({ access: bearer })
    assert.equal((await ask(port)).headers['www-authenticate'], 'Bearer realm="metrics"')
    const other = await serve({ access: basic })
    assert.match(
      String((await ask(other.port)).headers['www-authenticate']),
      /^Basic [^,]*, charset="UTF-8"$/,
    )
  })

  test('leaves probes open where it is told to, and them alone', async () => {
    const { port } = await serve({ access: { ...both, probesOpen: true } })
    const statuses = await Promise.all(
      ['/healthz', '/readyz', '/metrics', '/status', '/'].map(async (path) => {
        return (await ask(port, { path })).status
      }),
    )
    assert.deepEqual(statuses, [200, 200, 401, 401, 401])
  })
})

describe('secrets in files', () => {
  const as = (password: string): RequestOptions => ({
    headers: { authorization: header(`scraper:${password}`) },
  })
  const statusAs = async (port: number, password: string): Promise<number | undefined> =>
    (await ask(port, as(password))).status

  test('are taken up when they change; bad ones leave the old ones in use, and are told once', async () => {
    const password = file('password', 'old\n')
    const path = join(directory, 'password')
    const news: FilesNews[] = []
    const { port } = await serve({
      access: { ...basic, basic: { username: value('scraper'), password } },
      onFiles: (each) => news.push(each),
    })
    assert.equal(await statusAs(port, 'old'), 200)
    writeFileSync(path, 'new\n')
    await eventually(async () => assert.equal(await statusAs(port, 'new'), 200))
    assert.equal(await statusAs(port, 'old'), 401)
    assert.equal(news.length, 0)
    writeFileSync(path, '\n')
    await eventually(() => assert.equal(news.length, 1))
    assert.equal(await statusAs(port, 'new'), 200)
    assert.equal(await statusAs(port, ''), 401)
    // Written again with the same content, it is the same bad state.
    writeFileSync(path, '\n')
    await looks(4)
    assert.equal(news.length, 1)
    writeFileSync(path, 'newest\n')
    await eventually(() => assert.equal(news.length, 2))
    assert.equal(await statusAs(port, 'newest'), 200)
    assert.deepEqual(
      news.map(({ kind, part }) => `${part} ${kind}`),
      ['secrets bad', 'secrets good'],
    )
    assert.match(String(news[0]?.kind === 'bad' && news[0].error.message), /password is empty/)
  })

  test('that are missing at first keep the endpoint from listening until they are there', async () => {
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

/** So many looks at the files are over. Not a figure that is tested: what must not happen has the time to. */
function looks(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count * endpointLimits.filePollMs))
}
