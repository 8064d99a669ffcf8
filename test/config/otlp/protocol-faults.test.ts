import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { protocolFaults } from '../../../src/config/otlp/protocol-faults.ts'
import { assertFault } from '../../support/config/otlp-problems.ts'
import { sentencesOf } from '../../support/config/sentences.ts'
import { scratchDirectory } from '../../support/endpoint/certificates.ts'

const directory = scratchDirectory()
const withoutPackages = [() => join(directory, 'package.json')]
const variable = 'OTEL_EXPORTER_OTLP_PROTOCOL'

function faultsOf(protocol: string, places = withoutPackages): string[] {
  return sentencesOf(protocolFaults({ [variable]: protocol }, places, 'exporter.metrics_exporter'))
}

describe('check finds a fault in the protocol', () => {
  test('with an unknown name', () => {
    assertFault(
      { PROTOCOL: 'smtp' },
      'PROTOCOL is "smtp"; allowed is http/protobuf or http/json or grpc.',
    )
  })

  for (const [protocol, suffix] of [
    ['grpc', 'grpc'],
    ['GRPC', 'grpc'],
    ['http/json', 'http'],
    ['http/protobuf', 'proto'],
  ] as const) {
    test(`${protocol} without its package`, () => {
      const name = `@opentelemetry/exporter-metrics-otlp-${suffix}`
      assert.deepEqual(faultsOf(protocol), [
        `${variable} is "${protocol}": the package ${name} is missing: npm install ${name}`,
      ])
    })
  }
})

test('check has different codes for a missing and for a broken package', () => {
  const broken = join(scratchDirectory(), 'node_modules/@opentelemetry/exporter-metrics-otlp-grpc')
  mkdirSync(broken, { recursive: true })
  writeFileSync(join(broken, 'index.js'), 'throw new Error("no native part")')
  const codes = [...withoutPackages, () => join(broken, 'main.js')].map((place) => {
    const [fault] = protocolFaults({ [variable]: 'grpc' }, [place], '')
    return fault?.code
  })
  assert.deepEqual(codes, ['GPE_PACKAGE_MISSING', 'GPE_PACKAGE_BROKEN'])
})

test('check names the setting of the exporter where no variable has a protocol', () => {
  const name = '@opentelemetry/exporter-metrics-otlp-proto'
  const reason = `the package ${name} is missing: npm install ${name}`
  assert.deepEqual(sentencesOf(protocolFaults({}, withoutPackages, 'exporter.metrics_exporter')), [
    `exporter.metrics_exporter has otlp: ${reason}`,
  ])
})

describe('check finds no fault in the protocol', () => {
  for (const protocol of ['http/protobuf', 'grpc', 'http/json']) {
    test(`${protocol} with its package`, () => {
      assert.deepEqual(faultsOf(protocol, [() => import.meta.url]), [])
    })
  }
})
