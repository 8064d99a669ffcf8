import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hasTls, unusedEndpoint } from '../../../src/config/otlp/endpoint-problems.ts'
import {
  assertFault,
  type Environment,
  nothing,
  prefix,
  told,
} from '../../support/config/otlp-problems.ts'
import { sentencesOf } from '../../support/config/sentences.ts'

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

test('check says nothing without an endpoint', () => {
  for (const PROTOCOL of ['http/protobuf', 'grpc']) assert.deepEqual(told({ PROTOCOL }), nothing)
})

test('check says nothing about port 443 of gRPC, if the endpoint names the port', () => {
  const variables = { PROTOCOL: 'grpc', ENDPOINT: 'c:443', INSECURE: 'true' }
  assert.deepEqual(told(variables), nothing)
})

test('check says nothing about the TLS of gRPC, if the operator names an authority', () => {
  const { notes } = told({ PROTOCOL: 'grpc', ENDPOINT: 'c:4317', CERTIFICATE: '/missing' })
  assert.deepEqual(notes, nothing.notes)
})

test('The note about an unused endpoint names the variable', () => {
  assert.deepEqual(unusedEndpoint({}, 'X'), [])
  const name = `${prefix}METRICS_ENDPOINT`
  assert.deepEqual(sentencesOf(unusedEndpoint({ [name]: 'http://c' }, 'X')), [
    `${name} has no effect here, because X has no otlp.`,
  ])
})

describe('A connection to the endpoint has', () => {
  const grpc = { PROTOCOL: 'grpc' }
  const rows: readonly (readonly [Environment, boolean])[] = [
    [{}, false],
    [{ ENDPOINT: 'HTTPS://c' }, true],
    [{ ENDPOINT: 'http://c' }, false],
    [{ ENDPOINT: 'HTTP://c' }, false],
    [grpc, false],
    [{ ...grpc, ENDPOINT: 'http://c' }, false],
    [{ ...grpc, ENDPOINT: 'https://c', INSECURE: 'true' }, true],
    [{ ...grpc, ENDPOINT: 'c:4317' }, true],
    [{ ...grpc, ENDPOINT: 'c:4317', INSECURE: 'TRUE' }, false],
    [{ ...grpc, ENDPOINT: 'c:4317', INSECURE: 'false' }, true],
  ]
  for (const [variables, expected] of rows) {
    test(`${expected ? 'TLS' : 'no TLS'} with ${JSON.stringify(variables)}`, () => {
      const entries = Object.entries(variables).map(([name, text]) => [`${prefix}${name}`, text])
      assert.equal(hasTls(Object.fromEntries(entries)), expected)
    })
  }
})
