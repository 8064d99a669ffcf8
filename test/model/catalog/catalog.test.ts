import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { catalog } from '../../../src/model/catalog/catalog.ts'
import { descriptorOf } from '../../../src/model/catalog/declaration.ts'
import { ownScope } from '../../../src/model/own-scope.ts'

const declarations = Object.values(catalog)
/** OpenTelemetry gives the names: with dots and without units. */
const ours = declarations.filter(({ name }) => !name.startsWith('http.server.'))

/** Suffix of a name by unit, in front of a counter's suffix. */
const suffixes: Record<string, string> = {
  s: '_seconds',
  By: '_bytes',
  '1': '_ratio',
  '%': '_percent',
}

describe('every declared metric', () => {
  for (const { name, kind, unit, help, labels, bounds = [] } of ours) {
    test(`${name} has the prefix and the suffix of its kind and unit`, () => {
      assert.match(name, /^gunicorn_(?:worker|master|exporter|sidecar)_[a-z_]+$/)
      assert.equal(kind === 'counter', name.endsWith('_total'))
      assert.ok(name.replace(/_total$/, '').endsWith(suffixes[unit] ?? ''))
      assert.match(help, /^[A-Z1].*\.$/)
    })

    test(`${name} has valid labels and bounds`, () => {
      assert.equal(new Set(labels).size, labels.length)
      assert.deepEqual(
        labels.filter((label) => !/^[a-z][a-z_]*$/.test(label)),
        [],
      )
      const isWorkers = name.startsWith('gunicorn_worker_') || name.includes('_restart_count_')
      assert.equal(labels[0] === 'worker_id', isWorkers)
      assert.equal(kind === 'histogram', bounds.length > 0)
      assert.deepEqual(
        [...new Set(bounds)].sort((left, right) => left - right),
        bounds,
      )
    })
  }

  test('has a name of its own', () => {
    assert.equal(new Set(declarations.map(({ name }) => name)).size, declarations.length)
  })
})

test('a descriptor has our scope, and bounds for histograms only', () => {
  assert.deepEqual(descriptorOf(catalog.requestSize), {
    name: 'gunicorn_worker_request_size_bytes',
    kind: 'histogram',
    unit: 'By',
    description: catalog.requestSize.help,
    scope: ownScope,
    bounds: [1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304],
  })
  assert.ok(!('bounds' in descriptorOf(catalog.requests)))
})
