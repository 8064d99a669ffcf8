import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EndpointMetrics } from '../../src/endpoint/endpoint-metrics.ts'
import type { Page } from '../../src/exposition/page.ts'
import { stateLimits } from '../../src/limits/state.ts'
import { type InParts, whole } from '../../src/model/page/in-parts.ts'
import { pageOf } from '../support/endpoint/endpoint.ts'

const none: ReadonlyMap<string, number> = new Map()

/** Values by metric and label values. */
function valuesOf(metrics: EndpointMetrics, dropped = none): Record<string, unknown> {
  return Object.fromEntries(
    metrics
      .metrics(dropped)
      .flatMap(({ descriptor, points }) =>
        points.map(({ attributes, value }) => [
          [descriptor.name, ...Object.values(attributes)].join(' '),
          value,
        ]),
      ),
  )
}

function only(metrics: EndpointMetrics, pattern: RegExp, dropped = none): unknown {
  const values = Object.entries(valuesOf(metrics, dropped)).filter(([name]) => pattern.test(name))
  assert.equal(values.length, 1, `${pattern}: ${JSON.stringify(valuesOf(metrics, dropped))}`)
  return values[0]?.[1]
}

describe('EndpointMetrics', () => {
  test('counts scrapes by status and starts with zero for 200', () => {
    const metrics = new EndpointMetrics()
    assert.equal(only(metrics, / 200$/), 0)
    for (const status of [200, 503, 200]) metrics.countScrape(status)
    assert.deepEqual(metrics.summary(none, 0)['scrapes'], { 200: 2, 503: 1 })
    assert.deepEqual([only(metrics, / 200$/), only(metrics, / 503$/)], [2, 1])
  })

  test('counts faults under names that start with exporter_', () => {
    const metrics = new EndpointMetrics()
    for (const part of ['bind', 'bind', 'push']) metrics.countFault(part)
    assert.deepEqual(metrics.summary(none, 0)['faults'], { exporter_bind: 2, exporter_push: 1 })
    assert.equal(only(metrics, / exporter_bind$/), 2)
  })

  test('counts dropped connections by reason and starts with zero', () => {
    const metrics = new EndpointMetrics()
    assert.deepEqual([only(metrics, / evicted$/), only(metrics, / refused$/)], [0, 0])
    for (const reason of ['evicted', 'evicted', 'refused'] as const) {
      metrics.countDroppedConnection(reason)
    }
    assert.deepEqual(metrics.summary(none, 0)['droppedConnections'], { evicted: 2, refused: 1 })
    assert.deepEqual([only(metrics, / evicted$/), only(metrics, / refused$/)], [2, 1])
  })

  test('tells families that have no room once, and no more than stateLimits.metrics names', () => {
    const told: (readonly string[])[] = []
    const metrics = new EndpointMetrics({ onShed: (names) => told.push(names) })
    const show = (...names: string[]): void => {
      const shed = names.map((name) => ({ name, series: 1 }))
      whole(metrics.measureRender(() => pageOf('x', { shed })))
    }
    show('a', 'b')
    show('b')
    show('b', 'c')
    assert.deepEqual(told, [
      ['a', 'b'],
      ['b', 'c'],
    ])
    for (let index = 0; index < stateLimits.metrics; index += 1) show(String(index))
    assert.equal(told.length, stateLimits.metrics - 1)
  })

  test('counts the name clashes of all pages and the label clashes of the worst page', () => {
    const metrics = new EndpointMetrics()
    const render = (clashes: string[], twins: number): Page => {
      return whole(metrics.measureRender(() => pageOf('x', { clashes, twins })))
    }
    const noClash = { name_clash: 0, label_clash: 0, page_limit: 0 }
    assert.deepEqual(metrics.summary(none, 0)['droppedSeries'], noClash)
    assert.equal(render(['a'], 3).end.toString(), 'x')
    render(['a', 'b'], 5)
    render([], 4)
    const dropped = new Map([['series', 7]])
    const expected = { series: 7, name_clash: 2, label_clash: 5, page_limit: 0 }
    assert.deepEqual(metrics.summary(dropped, 0)['droppedSeries'], expected)
    for (const [reason, count] of Object.entries(expected)) {
      assert.equal(only(metrics, new RegExp(` ${reason}$`), dropped), count)
    }
  })

  test('adds up the seconds of rendering', () => {
    const metrics = new EndpointMetrics()
    const spin = (): void => {
      const end = performance.now() + 10
      while (performance.now() < end);
    }
    function* spinTwice(): InParts<Page> {
      spin()
      yield
      spin()
      return yield* pageOf('')
    }
    const measure = (): Page => whole(metrics.measureRender(spinTwice))
    measure()
    const first = Number(only(metrics, /seconds/))
    measure()
    const second = Number(only(metrics, /seconds/))
    assert.ok(first >= 0.02 && first < 10, `${first}`)
    assert.ok(second >= first + 0.02 && second < 20, `${second}`)
  })

  test('reports the end of the certificate in seconds, and nothing without TLS', () => {
    const metrics = new EndpointMetrics()
    assert.equal(metrics.summary(none, 0)['certificateExpiresAt'], null)
    const before = Object.keys(valuesOf(metrics)).length
    metrics.noteCertificate(Date.UTC(2030, 0))
    assert.equal(Object.keys(valuesOf(metrics)).length, before + 1)
    assert.equal(only(metrics, /certificate/), Date.UTC(2030, 0) / 1_000)
    assert.equal(metrics.summary(none, 0)['certificateExpiresAt'], '2030-01-01T00:00:00.000Z')
  })

  test('shows the open connections in its summary', () => {
    assert.equal(new EndpointMetrics().summary(none, 3)['connections'], 3)
  })
})
