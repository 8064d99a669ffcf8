import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import {
  parseTop,
  type TopSettings,
  topHelp,
  topOptions,
} from '../../../src/commands/top/top-options.ts'
import { withoutCodes } from '../../support/config/sentences.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

function settings(argv: readonly string[], variables = {}): TopSettings {
  const request = parseTop(argv, variables)
  assert.equal(request.kind, 'top', JSON.stringify(request))
  return (request as { settings: TopSettings }).settings
}

function faults(argv: readonly string[], variables = {}): readonly string[] {
  const request = parseTop(argv, variables)
  return request.kind === 'faults' ? request.faults.map(withoutCodes) : []
}

async function file(context: TestContext, text: string): Promise<string> {
  const path = join(await temporaryDirectory(context), 'secret')
  writeFileSync(path, text)
  return path
}

describe('The options of top', () => {
  test('have defaults', () => {
    const { place, state, output, count } = settings([])
    assert.equal(place.target.shown, 'http://localhost:9091')
    assert.equal(place.authorization, undefined)
    assert.deepEqual(state, {
      ...{ view: 'workers', sort: 'state', isReversed: false, filter: '', intervalSeconds: 2 },
    })
    assert.deepEqual([output, count], ['screen', undefined])
  })

  test('may stand around the URL', () => {
    for (const argv of [
      ['shop:80', '--view', 'routes', '-1'],
      ['--view', 'routes', 'shop:80', '-1'],
      ['-1', '-w', 'routes', 'shop:80'],
      ['--once', '--view=routes', 'shop:80'],
    ]) {
      const { place, state, output, count } = settings(argv)
      assert.deepEqual(
        [place.target.shown, state.view, state.sort, output, count],
        ['http://shop', 'routes', 'rate', 'text', 1],
      )
    }
  })

  test('choose the output', () => {
    assert.deepEqual([settings(['--json']).output, settings(['--json']).count], ['json', 1])
    assert.equal(settings(['--json', '-n', '5']).count, 5)
    assert.deepEqual([settings(['-n', '3']).output, settings(['-n', '3']).count], ['text', 3])
  })

  test('name every fault, and what is allowed', () => {
    assert.deepEqual(faults(['--sort', 'cpus', '--interval', '0', '--count', '0', 'a', 'b']), [
      '"b" is one URL too many; top reads one.',
      '--sort "cpus" is not a column of workers; did you mean cpu? Allowed are state, worker, ' +
        'instance, pid, age, rate, active, requests, cpu, memory, heap, delay, report.',
      '--interval "0" is not a number of seconds from 0.25 to 60.',
      '--count "0" is not a whole number from 1 to 1000000.',
    ])
    assert.deepEqual(faults(['--view', 'tasks']), [
      '--view "tasks" is not a view. Allowed are workers, routes, deaths, instances.',
    ])
    assert.deepEqual(faults(['ftp://shop']), [
      '"ftp://shop" is not an address. Allowed are http://HOST:PORT, https://HOST:PORT, ' +
        'HOST:PORT or unix:/path.',
    ])
    assert.match(faults(['--onse']).join(), /did you mean --once\?/)
  })

  test('all stand in the help', () => {
    for (const name of Object.keys(topOptions)) assert.ok(topHelp().includes(`--${name}`), name)
    assert.ok(
      topHelp()
        .split('\n')
        .every((line) => line.length <= 120),
    )
  })
})

describe('The address without a URL', () => {
  const addresses: readonly (readonly [Record<string, string>, string])[] = [
    [{ PROMETHEUS_METRICS_PORT: '9200' }, 'http://localhost:9200'],
    [{ PROMETHEUS_BIND_ADDRESS: '10.0.0.7' }, 'http://10.0.0.7:9091'],
    [{ PROMETHEUS_BIND_ADDRESS: '::' }, 'http://localhost:9091'],
    [{ PROMETHEUS_BIND_ADDRESS: '::1' }, 'http://[::1]:9091'],
    [{ PROMETHEUS_BIND_ADDRESS: 'unix:/run/a.sock' }, 'unix:/run/a.sock'],
    [
      { PROMETHEUS_SSL_CERTFILE: '/a.crt', PROMETHEUS_SSL_KEYFILE: '/a.key' },
      'https://localhost:9091',
    ],
  ]
  for (const [variables, shown] of addresses) {
    test(`is ${shown} with ${JSON.stringify(variables)}`, () => {
      assert.equal(settings([], variables).place.target.shown, shown)
    })
  }

  test('is missing where the exporter takes any port', () => {
    assert.match(faults([], { PROMETHEUS_METRICS_PORT: '0' }).join(), /top needs the URL/)
    assert.equal(settings(['shop'], { PROMETHEUS_METRICS_PORT: '0' }).place.target.host, 'shop')
  })
})

describe('Credentials', () => {
  const basic = `Basic ${Buffer.from('ann:p:w').toString('base64')}`

  test('come from files, from variables, from the URL', async (context) => {
    const path = await file(context, 'p:w\n')
    const { place } = settings(['shop', '-u', 'ann', '--password-file', path])
    assert.equal(place.authorization, basic)
    const variable = { GUNICORN_TOP_PASSWORD: 'p:w' }
    assert.equal(settings(['shop', '-u', 'ann'], variable).place.authorization, basic)
    assert.equal(settings(['http://ann:p%3Aw@shop']).place.authorization, basic)
    assert.equal(settings(['shop', '--token-file', path]).place.authorization, 'Bearer p:w')
    const token = { GUNICORN_TOP_TOKEN: 'abc' }
    assert.equal(settings(['shop'], token).place.authorization, 'Bearer abc')
  })

  test('of the configuration are for its own endpoint only', () => {
    const own = { PROMETHEUS_AUTH_BEARER_TOKEN: 'secret' }
    assert.equal(settings([], own).place.authorization, 'Bearer secret')
    assert.equal(settings(['http://shop:9091'], own).place.authorization, undefined)
    const user = { PROMETHEUS_AUTH_USERNAME: 'ann', PROMETHEUS_AUTH_PASSWORD: 'p:w' }
    assert.equal(settings([], user).place.authorization, basic)
  })

  test('that are wrong are named, and never shown', async (context) => {
    assert.match(faults(['-u', 'ann']).join(), /give --password-file, or set GUNICORN_TOP_PASSWORD/)
    assert.match(faults(['--password-file', '/none']).join(), /--password-file needs --user/)
    assert.match(faults(['--token-file', '/none']).join(), /--token-file: ENOENT/)
    const two = await file(context, 'secret\nsecret')
    assert.match(faults(['--token-file', two]).join(), /has more than one line/)
    assert.match(faults(['--token-file', await file(context, '')]).join(), /is empty/)
    const all = [
      ...faults(['--token-file', two]),
      ...faults(['http://ann:secret@shop:x']),
      ...faults(['shop', '--tokn-file', 'secret']),
    ]
    assert.ok(all.length >= 3)
    assert.doesNotMatch(all.join(), /: secret|secret@/)
  })

  test('of TLS are read at once', () => {
    assert.deepEqual(faults(['--cert-file', '/none']), [
      '--cert-file and --key-file belong together: give both.',
    ])
    assert.match(faults(['--ca-file', '/none']).join(), /--ca-file: ENOENT/)
    assert.equal(settings([]).place.tls.rejectUnauthorized, true)
    const request = parseTop(['--insecure', 'https://shop'], {})
    assert.ok(request.kind === 'top' && request.warnings.join().includes('--insecure'))
  })
})
