import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isReserved } from '../../src/exposition/reserved-names.ts'
import { catalog } from '../../src/model/catalog/catalog.ts'
import { descriptorOf } from '../../src/model/catalog/declaration.ts'
import type { Descriptor, MetricKind } from '../../src/model/metric.ts'
import { ownScope } from '../../src/model/own-scope.ts'
import { renderText } from '../support/exposition/render-text.ts'

const kinds: readonly MetricKind[] = ['counter', 'upDownCounter', 'gauge', 'histogram']
const named = (name: string, kind: MetricKind = 'counter', unit = ''): Descriptor => ({
  name,
  kind,
  unit,
  description: '',
  scope: 'app',
})

describe('A reserved name', () => {
  it('is each gunicorn_* name of the catalogue, with each type, and with another spelling', () => {
    const names = Object.values(catalog).flatMap(({ name }) =>
      name.startsWith('gunicorn_') ? [name, name.replaceAll('_', '.')] : [],
    )
    assert.ok(names.length > 50)
    for (const name of names) {
      for (const kind of kinds) {
        // A counter with the name of a gauge gets the suffix `_total`, which is another name.
        const isFree = !isReserved(named(name, kind))
        assert.ok(!isFree || kind === 'histogram' || name.endsWith('total'), `${kind} ${name}`)
      }
    }
  })

  it('is a name that the unit or the type completes', () => {
    assert.equal(isReserved(named('gunicorn_worker_memory', 'gauge', 'By')), true)
    assert.equal(isReserved(named('gunicorn_worker_requests')), true)
    assert.equal(isReserved(named('gunicorn_worker_requests', 'gauge')), true)
    const count = 'gunicorn_worker_request_duration_seconds_count'
    assert.equal(isReserved(named(count, 'gauge')), true)
  })

  it('is target_info, also where the unit completes the name', () => {
    assert.equal(isReserved(named('target_info', 'gauge')), true)
    assert.equal(isReserved(named('target.info', 'gauge')), true)
    assert.equal(isReserved(named('target', 'gauge', 'info')), true)
    assert.equal(isReserved(named('target_temperature', 'gauge')), false)
  })

  it('is no other name, and no name of our scope', () => {
    assert.equal(isReserved(named('gunicorn_worker_jobs')), false)
    assert.equal(isReserved(named('gunicorn_worker_memory', 'gauge')), false)
    assert.equal(isReserved({ ...named('gunicorn_worker_requests'), scope: ownScope }), false)
    assert.equal(isReserved(named('worker_requests')), false)
  })
})

describe('renderText', () => {
  it('leaves out a reserved name of another cluster, also as the first metric', () => {
    const points = [{ attributes: {}, value: 1_000 }]
    const foreign = { descriptor: named('gunicorn_worker_requests'), points }
    const own = {
      descriptor: descriptorOf(catalog.requests),
      points: [{ attributes: {}, value: 2 }],
    }
    for (const metrics of [
      [foreign, own],
      [own, foreign],
    ]) {
      const { text, clashes } = renderText(metrics, 'prometheus')
      assert.deepEqual(text.match(/^gunicorn_\S+ .*$/gm), ['gunicorn_worker_requests_total 2'])
      assert.deepEqual(clashes, ['gunicorn_worker_requests'])
    }
  })
})
