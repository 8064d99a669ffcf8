import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { exposedName, exposedUnit } from '../../src/exposition/text-names.ts'
import { catalog } from '../../src/model/catalog/catalog.ts'
import { descriptorOf } from '../../src/model/catalog/declaration.ts'
import type { Descriptor } from '../../src/model/metric.ts'

type Case = readonly [name: string, unit: string, kind: Descriptor['kind'], sample: string]

/* The Collector's Prometheus exporter gives the same names. */
const cases: readonly Case[] = [
  ['http.server.request.duration', 's', 'histogram', 'http_server_request_duration_seconds'],
  ['http.server.duration', 'ms', 'histogram', 'http_server_duration_milliseconds'],
  ['wait_seconds', 's', 'gauge', 'wait_seconds'],
  ['seconds.waited', 's', 'gauge', 'seconds_waited'],
  ['v8js.memory.heap.used', 'By', 'upDownCounter', 'v8js_memory_heap_used_bytes'],
  ['nodejs.eventloop.utilization', '1', 'gauge', 'nodejs_eventloop_utilization_ratio'],
  ['hit.ratio', '1', 'gauge', 'hit_ratio'],
  ['things', '1', 'counter', 'things_total'],
  ['io', 'By', 'counter', 'io_bytes_total'],
  ['io_total', 'By', 'counter', 'io_bytes_total'],
  ['io_bytes_total', 'By', 'counter', 'io_bytes_total'],
  ['requests', '{request}', 'counter', 'requests_total'],
  ['speed', 'By/s', 'gauge', 'speed_bytes_per_second'],
  ['rate', '{request}/s', 'gauge', 'rate_per_second'],
  ['load', '%', 'gauge', 'load_percent'],
  ['depth', 'furlong', 'gauge', 'depth_furlong'],
  ['depth', 'a b', 'gauge', 'depth_a_b'],
  ['odd', 'constructor', 'gauge', 'odd_constructor'],
  ['odd', '__proto__', 'gauge', 'odd_proto'],
  ['odd', '€', 'gauge', 'odd'],
  ['ends_', 's', 'gauge', 'ends_seconds'],
  ['1st', 's', 'gauge', '_1st_seconds'],
]

describe('exposedName', () => {
  for (const [name, unit, kind, sample] of cases) {
    test(`gives a ${kind} ${name} of ${unit} the name ${sample}`, () => {
      assert.equal(exposedName(descriptor({ name, unit, kind })).sample, sample)
    })
  }

  test("changes no name of the catalogue but OpenTelemetry's names", () => {
    for (const declaration of Object.values(catalog)) {
      if (declaration.name.includes('.')) continue
      assert.equal(exposedName(descriptorOf(declaration)).sample, declaration.name)
    }
  })
})

test('exposedUnit names the unit where the family ends in the unit', () => {
  const speed = descriptor({ name: 'speed', unit: 'By/s' })
  assert.equal(exposedUnit(speed, exposedName(speed).family), 'bytes_per_second')
  const share = descriptor({ name: 'share', unit: '1' })
  assert.equal(exposedUnit(share, exposedName(share).family), 'ratio')
  assert.equal(exposedUnit(descriptor({ unit: 's' }), 'seconds_waited'), undefined)
  assert.equal(exposedUnit(descriptor({ unit: '' }), 'depth'), undefined)
})

function descriptor(part: Partial<Descriptor>): Descriptor {
  return { name: 'x', kind: 'gauge', unit: '', description: '', scope: 'app', ...part }
}
