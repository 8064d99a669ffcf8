import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { exposedName } from '../../../src/exposition/text-names.ts'
import { catalog } from '../../../src/model/catalog/catalog.ts'
import {
  type DashboardQuery,
  dashboardFiles,
  grafanaFolder,
  type Panel,
  queriesOf,
} from '../../support/grafana/dashboard-files.ts'
import { variablesOf } from '../../support/grafana/interpolation.ts'
import { headingsOf } from '../../support/links.ts'

/*
 * The rules of a linter for dashboards, as far as they are about JSON. The queries themselves run
 * in test/e2e/deploy/grafana/queries.test.ts.
 */

const files = dashboardFiles()
const uids = new Set([...files.values()].map(({ uid }) => uid))
const root = join(import.meta.dirname, '../../..')

/** Variables that Grafana sets. */
const builtIn = new Set(['__rate_interval', '__range'])

test('There are five dashboards, each with a uid and a title of its own', () => {
  assert.equal(files.size, 5)
  assert.equal(uids.size, 5)
  assert.equal(new Set([...files.values()].map(({ title }) => title)).size, 5)
})

for (const [file, dashboard] of files) {
  describe(`The dashboard ${file}`, () => {
    const charts = dashboard.panels.filter(({ type }) => type !== 'row')

    test('has panels that do not overlap, within 24 columns', () => {
      const taken = new Map<string, string>()
      for (const { title, gridPos } of dashboard.panels) {
        assert.ok(gridPos.x >= 0 && gridPos.w > 0 && gridPos.x + gridPos.w <= 24, title)
        for (const cell of cellsOf(gridPos)) {
          assert.equal(taken.get(cell), undefined, `${title} is on ${taken.get(cell)}`)
          taken.set(cell, title)
        }
      }
    })

    test('has panels with ids, titles and queries of their own', () => {
      const ids = dashboard.panels.map(({ id }) => id)
      assert.equal(new Set(ids).size, ids.length)
      for (const { title, targets = [] } of charts) {
        assert.ok(targets.length > 0, title)
        assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, title)
      }
      const titles = charts.map(({ title }) => title)
      assert.deepEqual([...new Set(titles)], titles)
    })

    test('has a unit, and a description with a heading that exists, in each panel', () => {
      for (const panel of charts) assertDescribed(panel)
    })

    test('declares every variable that its queries use, and uses every variable', () => {
      const declared = new Set(dashboard.templating.list.map(({ name }) => name))
      const used = new Set(['datasource'])
      for (const { place, expression } of queriesOf(dashboard)) {
        for (const name of variablesOf(expression)) {
          used.add(name)
          assert.ok(declared.has(name) || builtIn.has(name), `${place}: ${name}`)
        }
      }
      for (const name of declared) assert.ok(used.has(name), `${name} is not used`)
    })

    test('stands for its own jobs where all are chosen, because others have `up` too', () => {
      const withAll = dashboard.templating.list.filter(({ allValue }) => allValue !== undefined)
      const names = withAll.map(({ name }) => name)
      assert.ok(names.includes('instance'))
      assert.ok(!names.includes('job'))
    })

    test('reads the data source that the variable names, everywhere', () => {
      const source = { type: 'prometheus', uid: `\${datasource}` }
      const variables = dashboard.templating.list.filter(({ type }) => type === 'query')
      const parts = [
        ...charts,
        ...charts.flatMap(({ targets = [] }) => targets),
        ...variables,
        ...(dashboard.annotations.list ?? []).flatMap((each) => [each, each.target]),
      ]
      for (const { datasource } of parts) assert.deepEqual(datasource, source)
    })

    test('selects by job and instance in every query, and rates by $__rate_interval', () => {
      for (const query of queriesOf(dashboard)) {
        if (query.kind !== 'variable') assertSelects(query)
      }
    })

    test('has only metrics that the reference lists, or that Prometheus makes', () => {
      for (const { place, expression } of queriesOf(dashboard)) {
        for (const [, name = ''] of expression.matchAll(/\b(\w+)\{/g)) {
          assert.ok(isKnown(name), `${place}: ${name}`)
        }
      }
    })

    test('has links to dashboards that exist', () => {
      const text = JSON.stringify(dashboard)
      for (const [, uid = ''] of text.matchAll(/"\/d\/([\w-]+)\?/g)) {
        assert.ok(uids.has(uid), uid)
      }
      assert.doesNotMatch(text, /https?:\/\//)
    })
  })
}

test('Each metric of the catalogue about requests, workers and the exporter has a panel', () => {
  const text = [...files.values()]
    .flatMap(queriesOf)
    .map(({ expression }) => expression)
    .join('\n')
  const missing = [...metricNames].filter((name) => !text.includes(name))
  assert.deepEqual(missing, withoutPanel)
})

test('Each panel that docs/dashboards.md names is in a dashboard', () => {
  const panels = new Set(
    [...files.values()].flatMap(({ panels }) => panels.map(({ title }) => title)),
  )
  const text = readFileSync(join(root, 'docs/dashboards.md'), 'utf8')
  const named = Array.from(text.matchAll(/\*([^*\n]+)\*/g), ([, name = '']) => name)
  assert.ok(named.length > 40)
  for (const name of named) assert.ok(panels.has(name), name)
})

test('The README names every panel that has data of the Python package', () => {
  const readme = readFileSync(join(grafanaFolder, 'README.md'), 'utf8')
  for (const { title, panels } of files.values()) {
    const withData = panels.filter(
      ({ type, description = '' }) =>
        type !== 'row' && !description.includes('The Python package has no such metric.'),
    )
    const row = `| ${title} | ${withData.map((panel) => panel.title).join(', ')} |`
    assert.ok(readme.includes(row), row)
  }
})

/** Other metrics show the same, or a panel would not help. */
const withoutPanel: readonly string[] = [
  'gunicorn_worker_listening',
  'gunicorn_worker_heap_total_bytes',
  'gunicorn_worker_array_buffers_bytes',
  'gunicorn_worker_gc_collections_total',
  'gunicorn_worker_event_loop_utilization_ratio',
  'gunicorn_worker_restart_total',
]

function assertDescribed(panel: Panel): void {
  if (panel.type !== 'table') assert.ok(unitOf(panel), panel.title)
  const [, page = '', anchor] =
    /More: (docs\/[\w-]+\.md)(?:#([\w-]+))?$/.exec(panel.description ?? '') ?? []
  const text = readFileSync(join(root, page || 'missing'), 'utf8')
  if (anchor !== undefined) assert.ok(headingsOf(text).includes(anchor), `${page}#${anchor}`)
}

function assertSelects({ place, expression }: DashboardQuery): void {
  const selectors = expression.match(/\w+\{[^}]*\}/g) ?? []
  assert.ok(selectors.length > 0, place)
  for (const selector of selectors) {
    assert.match(selector, /\{job=~"\$job", instance=~"\$instance"/, place)
  }
  for (const [, range = ''] of expression.matchAll(/\[([^\]]*)\]/g)) {
    assert.match(range, /^\$__(?:rate_interval|range)$/, place)
  }
}

function cellsOf({ x, y, w, h }: Panel['gridPos']): string[] {
  return Array.from(
    { length: w * h },
    (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`,
  )
}

function unitOf({ type, fieldConfig, ...panel }: Panel): string | undefined {
  if (type === 'heatmap') return /"unit":"(\w+)"/.exec(JSON.stringify(panel))?.[1]
  return fieldConfig?.defaults.unit
}

/** Metrics by the name of a sample, without the suffixes of a histogram. */
const metricNames: ReadonlySet<string> = new Set(
  Object.values(catalog).map((declaration) => exposedName(declaration).sample),
)

/** Metrics that Prometheus makes for each target, and the attributes of a service. */
const ofPrometheus = new Set([
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'target_info',
])

function isKnown(name: string): boolean {
  const family = name.replace(/_(?:bucket|count|sum)$/, '')
  return metricNames.has(name) || metricNames.has(family) || ofPrometheus.has(name)
}
