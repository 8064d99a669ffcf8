import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { resolvedOf, resolveSettings } from '../../../src/config/resolve/resolve.ts'
import { sentencesOf } from '../../support/config/sentences.ts'

function resolved(url: string, others: Readonly<Record<string, string>> = {}) {
  return resolveSettings({ environment: { REDIS_ENABLED: 'true', REDIS_URL: url, ...others } })
}

function faultsOf(...given: Parameters<typeof resolved>): string[] {
  const resolution = resolved(...given)
  return resolution.kind === 'faults' ? sentencesOf(resolution.faults) : []
}

const database = 'the number of the database is allowed as the path (redis://host/2)'
const login = 'user and password are allowed before the host (redis://user:password@host)'

describe('REDIS_URL refuses', () => {
  const queries: Readonly<Record<string, string>> = {
    'family=6': 'the query family, which has no effect; the exporter tries IPv6 and IPv4.',
    'db=2': `the query db, which has no effect; ${database}.`,
    'tls=true': 'the query tls, which has no effect; rediss:// switches TLS on.',
    'ssl=true': 'the query ssl, which has no effect; rediss:// switches TLS on.',
    'password=p': `the query password, which has no effect; ${login}.`,
    'ssl_cert_reqs=none':
      'the query ssl_cert_reqs, which has no effect; allowed is REDIS_SSL_CAFILE.',
    'ssl_certfile=/c':
      'the query ssl_certfile, which has no effect; ' +
      'allowed is REDIS_SSL_CERTFILE with REDIS_SSL_KEYFILE.',
    'sentinel=m':
      'the query sentinel, which has no effect; ' +
      'allowed is REDIS_SENTINELS with REDIS_SENTINEL_NAME.',
    's3cret@host': 'a query, which has no effect; a ? of the password is written as %3F.',
    'constructor=1': 'a query, which has no effect; a ? of the password is written as %3F.',
  }
  for (const [query, text] of Object.entries(queries)) {
    test(`the query ?${query}`, () => {
      assert.deepEqual(faultsOf(`redis://host?${query}`), [`REDIS_URL has ${text}`])
    })
  }

  test('each query of several once', () => {
    const faults = faultsOf('redis://host/?family=6&db=2&db=3')
    assert.equal(faults.length, 2, faults.join('\n'))
  })

  test('a fragment', () => {
    assert.deepEqual(faultsOf('redis://user:123#s3cret@host'), [
      'REDIS_URL has a fragment, which has no effect; a # of the password is written as %23.',
    ])
  })

  for (const path of ['/x', '/1/2', '/65536', '/123456', '/-1', '//']) {
    test(`the path ${path}`, () => {
      assert.deepEqual(faultsOf(`redis://host${path}`), [
        'REDIS_URL has a path that is no database; allowed is a path from /0 to /65535.',
      ])
    })
  }

  test('a database for a Redis Cluster', () => {
    assert.deepEqual(faultsOf('redis://host/2', { REDIS_CLUSTER_NODES: 'a:1' }), [
      'REDIS_URL has the database 2; with REDIS_CLUSTER_NODES allowed is /0.',
    ])
  })

  test('the database 1 for a Redis Cluster', () => {
    assert.match(faultsOf('redis://host/1', { REDIS_CLUSTER_NODES: 'a:1' }).join(), /database 1;/)
  })

  test('a password beside a password file', () => {
    assert.deepEqual(faultsOf('redis://:s3cret@host', { REDIS_PASSWORD_FILE: '/p' }), [
      'REDIS_URL has a password; REDIS_PASSWORD_FILE is given too, and only one is allowed.',
    ])
  })
})

describe('REDIS_URL accepts', () => {
  for (const url of [
    'redis://host',
    'redis://host/',
    'rediss://host:1/65535',
    'redis://u:p%3F%23%40@host/0',
    'redis://host?',
  ]) {
    test(url, () => assert.deepEqual(faultsOf(url), []))
  }

  test('no database and no password, beside a Redis Cluster and a password file', () => {
    const others = { REDIS_CLUSTER_NODES: 'a:1', REDIS_PASSWORD_FILE: '/p' }
    assert.deepEqual(faultsOf('redis://host/0', others), [])
  })

  test('any query of a variable that belongs to the application', () => {
    const environment = { REDIS_URL: 'redis://host?family=6' }
    assert.equal(resolveSettings({ environment }).kind, 'settings')
  })
})

describe('REDIS_URL warns', () => {
  test('about no user with a password, or with a password file', () => {
    const file = resolved('redis://user@host', { REDIS_PASSWORD_FILE: '/p' })
    for (const resolution of [resolved('redis://user:p@host'), file]) {
      assert.deepEqual(sentencesOf(resolvedOf(resolution).warnings), [])
    }
  })

  test('about a host beside Sentinels', () => {
    const others = { REDIS_SENTINELS: 'a:1', REDIS_SENTINEL_NAME: 'm' }
    assert.deepEqual(sentencesOf(resolvedOf(resolved('redis://:p@host', others)).warnings), [
      'The host of REDIS_URL has no effect, because REDIS_SENTINELS is given.',
    ])
  })

  test('about a user without a password', () => {
    assert.deepEqual(sentencesOf(resolvedOf(resolved('redis://user@host')).warnings), [
      'The user of REDIS_URL has no effect, because the URL has no password.',
    ])
  })
})
