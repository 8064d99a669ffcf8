import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { messagesOf } from '../../../src/config/problem.ts'
import { resolvedOf, resolveSettings } from '../../../src/config/resolve/resolve.ts'
import {
  type Authority,
  authorityIn,
  scratchDirectory,
} from '../../support/endpoint/certificates.ts'

type Environment = Readonly<Record<string, string>>

const directory = scratchDirectory()
const missing = join(directory, 'missing')
const prefix = 'OTEL_EXPORTER_OTLP_'

interface Told {
  readonly faults: readonly string[]
  readonly warnings: readonly string[]
  readonly notes: readonly string[]
}

/** What `check` says, with names without the prefix of OTLP. */
function told(variables: Environment, checksUse = true): Told {
  const entries = Object.entries(variables).map(([name, text]) => [`${prefix}${name}`, text])
  const environment = { OTEL_METRICS_EXPORTER: 'otlp', ...Object.fromEntries(entries) }
  const resolution = resolveSettings({ environment, checksUse })
  const faults = resolution.kind === 'faults' ? messagesOf(resolution.faults) : []
  const { warnings, notes } = resolvedOf(resolution)
  return { faults, warnings: messagesOf(warnings), notes: messagesOf(notes) }
}

const nothing: Told = { faults: [], warnings: [], notes: [] }

function assertFault(variables: Environment, fault: string | RegExp): void {
  const { faults, ...others } = told(variables)
  assert.deepEqual(others, { warnings: [], notes: [] })
  if (typeof fault === 'string') assert.deepEqual(faults, [`${prefix}${fault}`])
  else assert.match(faults.join('\n'), fault)
  assert.equal(faults.length, 1)
}

describe('check finds a fault in the endpoint', () => {
  const http = 'allowed is a URL of http:// or https://.'
  for (const [text, shown] of [
    ['collector:4318', '"collector:4318"'],
    ['127.0.0.1:4318', '"127.0.0.1:4318"'],
    ['nonsense', '"nonsense"'],
    ['grpc://collector:4317', '"grpc://collector:4317"'],
    ['ftp://u:hunter2@c', '"***@c"'],
    ['http://', '"http://"'],
  ] as const) {
    for (const name of ['ENDPOINT', 'METRICS_ENDPOINT']) {
      test(`${name}=${text} over HTTP`, () => {
        assertFault({ [name]: text }, `${name} is ${shown}; ${http}`)
      })
    }
  }

  for (const text of ['grpc://c:4317', 'HTTP://c:4317', 'ftp://c:1', 'dns:///c:1', 'a b', ':1']) {
    test(`${text} over gRPC`, () => {
      assertFault({ PROTOCOL: 'grpc', ENDPOINT: text }, /; allowed is http:\/\/host:port, https:/)
    })
  }
})

describe('check warns about the endpoint', () => {
  const grpc = { PROTOCOL: 'grpc' }
  const rows: readonly (readonly [Environment, RegExp])[] = [
    [
      { ENDPOINT: 'http://c:4318/v1/metrics' },
      /metrics go to the path \/v1\/metrics\/v1\/metrics\.$/,
    ],
    [{ METRICS_ENDPOINT: 'http://c:4318' }, /metrics go to the path \/; a Collector takes/],
    [{ ENDPOINT: 'http://c:4317' }, /4317 is the usual port of gRPC; HTTP has 4318\.$/],
    [{ ENDPOINT: 'http://c:4318?key=x' }, /appends \/v1\/metrics behind "\?"\.$/],
    [{ ENDPOINT: 'http://c:4318/#x' }, /appends \/v1\/metrics behind "#"\.$/],
    [{ ...grpc, ENDPOINT: 'http://u:p@c:4317' }, /"\*\*\*@c:4317": gRPC ignores user and password/],
    [{ ...grpc, ENDPOINT: 'http://c:4318' }, /4318 is the usual port of HTTP; gRPC has 4317\.$/],
    [{ ...grpc, ENDPOINT: 'http://c' }, /gRPC connects to port 443; a Collector has 4317\.$/],
    [{ ...grpc, ENDPOINT: 'http://c:80' }, /gRPC connects to port 443/],
    [{ ...grpc, ENDPOINT: 'http://c:4317/v1/metrics' }, /gRPC ignores the path\.$/],
  ]
  for (const [variables, warning] of rows) {
    test(JSON.stringify(variables), () => {
      const { warnings, ...others } = told(variables)
      assert.deepEqual(others, { faults: [], notes: [] })
      assert.match(warnings.join('\n'), warning)
      assert.equal(warnings.length, 1)
    })
  }

  test('with a note where gRPC has TLS because the endpoint has no scheme', () => {
    const { notes, ...others } = told({ ...grpc, ENDPOINT: 'c:4317' })
    assert.deepEqual(others, { faults: [], warnings: [] })
    assert.match(notes.join(), /gRPC connects with TLS; without TLS, write http:\/\/c:4317\.$/)
  })
})

describe('check finds a fault in the headers, and shows no value', () => {
  const rows = [
    ['Authorization: Bearer hunter2', 'has no "=", and OpenTelemetry leaves the header out'],
    ['a=%E0%A4%A', 'is not in percent-encoding, and OpenTelemetry leaves the header out'],
    ['=hunter2', 'has no name, and OpenTelemetry leaves the header out'],
    ['api-key=', 'has no value, and OpenTelemetry leaves the header out'],
    ['a=hunter2;b', 'has a ";", and OpenTelemetry leaves out the rest'],
    ['my header=hunter2', 'has a name that no header can have'],
    ['a=hunter2%0A', 'has a character that no header can have'],
  ] as const
  for (const [text, reason] of rows) {
    for (const name of ['HEADERS', 'METRICS_HEADERS']) {
      test(`${name}=${text}`, () => {
        const { faults } = told({ [name]: `x-good=1,,${text}` })
        assert.deepEqual(faults, [`Entry 3 of ${prefix}${name} ${reason}.`])
      })
    }
  }

  test('that gRPC cannot send, and HTTP can', () => {
    const variables = { HEADERS: 'a=%C3%A4' }
    assert.deepEqual(told(variables), nothing)
    assert.equal(told({ ...variables, PROTOCOL: 'grpc' }).faults.length, 1)
  })
})

describe('check finds a fault in the files of TLS', () => {
  let authority: Authority
  let other: ReturnType<Authority['issue']>
  const https = { ENDPOINT: 'https://collector:4318' }
  const pathsOf = { CERTIFICATE: 'certfile', CLIENT_CERTIFICATE: 'certfile', CLIENT_KEY: 'keyfile' }
  const files = (): Environment => {
    const entries = Object.entries(pathsOf) as [string, 'certfile' | 'keyfile'][]
    return Object.fromEntries(entries.map(([name, path]) => [name, authority[path]]))
  }
  before(() => {
    authority = authorityIn(directory)
    other = authority.issue('other')
  })

  for (const name of Object.keys(pathsOf)) {
    test(`${name} that is missing`, () => {
      assertFault({ ...https, ...files(), [name]: missing }, /is ".*missing": ENOENT/)
      assertFault({ ...https, ...files(), [`METRICS_${name}`]: missing }, /OTLP_METRICS_.*: ENOENT/)
    })

    test(`${name} with another content`, () => {
      const path = join(directory, `${name}.txt`)
      writeFileSync(path, 'no PEM')
      assertFault({ ...https, ...files(), [name]: path }, new RegExp(`_${name} is ".*": .*\\.$`))
    })

    test(`${name} that is a directory`, () => {
      assertFault({ ...https, ...files(), [name]: directory }, /is not a regular file\.$/)
    })

    test(`${name} with the text of a file in place of its path, and shows no text`, () => {
      const text = readFileSync(authority.keyfile, 'utf8')
      assertFault(
        { ...https, ...files(), [name]: text },
        `${name} is not shown (it can contain a private key); allowed is a file that can be used.`,
      )
    })
  }

  test('a key without its certificate, and a certificate without its key', () => {
    const { CLIENT_KEY: key = '', CLIENT_CERTIFICATE: certificate = '' } = files()
    assertFault(
      { ...https, METRICS_CLIENT_KEY: key },
      'METRICS_CLIENT_CERTIFICATE is not given; ' +
        `${prefix}METRICS_CLIENT_KEY requires the other file.`,
    )
    assertFault(
      { ...https, CLIENT_CERTIFICATE: certificate },
      `CLIENT_KEY is not given; ${prefix}CLIENT_CERTIFICATE requires the other file.`,
    )
  })

  test('a key of another certificate', () => {
    assertFault({ ...https, ...files(), CLIENT_KEY: other.keyfile }, /do not go together: .*\.$/)
  })

  test('or only warns where the connection has no TLS', () => {
    const { warnings, ...others } = told({ ENDPOINT: 'http://c:4318', CERTIFICATE: missing })
    assert.deepEqual(others, { faults: [], notes: [] })
    assert.match(warnings.join(), /ENOENT.* It is ignored\.$/)
  })

  test('and none in good files', () => {
    assert.deepEqual(told({ ...https, ...files() }), nothing)
  })
})

describe('check warns, because OpenTelemetry ignores the value, about', () => {
  const rows = [
    ['TIMEOUT', '10s', 'a positive number of milliseconds'],
    ['TIMEOUT', '0', 'a positive number of milliseconds'],
    ['COMPRESSION', 'zstd', 'gzip or none'],
    ['COMPRESSION', 'GZIP', 'gzip or none'],
    ['INSECURE', 'yes', 'true or false'],
  ] as const
  for (const [end, text, allowed] of rows) {
    for (const name of [end, `METRICS_${end}`]) {
      test(`${name}=${text}`, () => {
        const { warnings } = told({ [name]: text })
        const expected = `${prefix}${name} is "${text}"; allowed is ${allowed}. It is ignored.`
        assert.deepEqual(warnings, [expected])
      })
    }
  }

  test('METRICS_TEMPORALITY_PREFERENCE=both', () => {
    const { warnings } = told({ METRICS_TEMPORALITY_PREFERENCE: 'both' })
    assert.match(warnings.join(), /is "both"; allowed is cumulative or delta or lowmemory/)
  })
})

test('check finds a fault in the protocol', () => {
  assertFault(
    { PROTOCOL: 'smtp' },
    'PROTOCOL is "smtp"; allowed is http/protobuf or http/json or grpc.',
  )
})

describe('No problem of OTLP is found', () => {
  const good: Record<string, Environment> = {
    'in good values': {
      PROTOCOL: 'http/json',
      ENDPOINT: 'HTTPS://collector:4318',
      METRICS_ENDPOINT: 'http://collector:4318/v1/metrics',
      TIMEOUT: '10000',
      COMPRESSION: 'gzip',
      METRICS_TEMPORALITY_PREFERENCE: 'Delta',
      HEADERS: 'authorization=Basic%20aHVudGVyMg==, x-tenant = 1 ,',
    },
    'in empty values': { ENDPOINT: ' ', HEADERS: '', CERTIFICATE: ' ', PROTOCOL: '' },
    'in the forms of gRPC with TLS': { PROTOCOL: 'grpc', ENDPOINT: 'https://collector' },
    'in the forms of gRPC without TLS': { PROTOCOL: 'grpc', ENDPOINT: 'http://[::1]:4317/' },
    'in an address of gRPC': { PROTOCOL: 'grpc', ENDPOINT: 'c:4317', INSECURE: 'true' },
    'in a socket of gRPC': { PROTOCOL: 'grpc', ENDPOINT: 'unix:///run/otel', INSECURE: 'true' },
  }
  for (const [title, variables] of Object.entries(good)) {
    test(title, () => assert.deepEqual(told(variables), nothing))
  }

  test('if no metrics are pushed, except a note about an endpoint', () => {
    const environment = { [`${prefix}ENDPOINT`]: 'nonsense', [`${prefix}HEADERS`]: 'nonsense' }
    const resolution = resolveSettings({ environment, checksUse: true })
    const { warnings, notes } = resolvedOf(resolution)
    assert.equal(resolution.kind, 'settings')
    assert.deepEqual(warnings, [])
    assert.deepEqual(messagesOf(notes), [
      `${prefix}ENDPOINT has no effect here, because GUNICORN_METRICS_EXPORTER has no otlp.`,
    ])
  })

  test('by the preload itself, because the exporter tells the problem when pushes start', () => {
    assert.deepEqual(told({ PROTOCOL: 'smtp', ENDPOINT: 'nonsense' }, false), nothing)
  })
})
