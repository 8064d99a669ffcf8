import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nothing, prefix, told } from '../../support/config/otlp-problems.ts'

describe('check finds a fault in the headers, and shows no value', () => {
  const rows = [
    ['Authorization: Bearer hunter2', 'has no "=", and OpenTelemetry leaves the header out'],
    ['a=%E0%A4%A', 'is not in percent-encoding, and OpenTelemetry leaves the header out'],
    ['%E0%A4%A=1', 'is not in percent-encoding, and OpenTelemetry leaves the header out'],
    ['=hunter2', 'has no name, and OpenTelemetry leaves the header out'],
    ['api-key=', 'has no value, and OpenTelemetry leaves the header out'],
    ['a=hunter2;b', 'has a ";", and OpenTelemetry leaves out the rest'],
    ['my header=hunter2', 'has a name that no header can have'],
    ['a=hunter2%0A', 'has a character that no header can have'],
    ['Content-Length=3', 'has a header of the connection or of the body'],
    ['content-encoding=gzip', 'has a header of the connection or of the body'],
    ['transfer-encoding=gzip', 'has a header of the connection or of the body'],
  ] as const
  for (const [text, reason] of rows) {
    for (const name of ['HEADERS', 'METRICS_HEADERS']) {
      test(`${name}=${text}`, () => {
        const { faults } = told({ [name]: `x-good=1, ,${text}` })
        assert.deepEqual(faults, [`Entry 3 of ${prefix}${name} ${reason}.`])
      })
    }
  }

  test('that gRPC cannot send, and HTTP can', () => {
    const variables = { HEADERS: 'a=%C3%A4' }
    assert.deepEqual(told(variables), nothing)
    assert.equal(told({ ...variables, PROTOCOL: 'grpc' }).faults.length, 1)
  })

  for (const name of ['x-key-bin', 'connection', 'keep-alive', 'transfer-encoding', 'upgrade']) {
    test(`${name}, which a request of gRPC cannot have`, () => {
      assert.equal(told({ PROTOCOL: 'grpc', HEADERS: `${name}=x` }).faults.length, 1)
    })
  }
})
