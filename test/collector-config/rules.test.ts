import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { current } from '../../scripts/documents.ts'
import { configurations } from '../support/otel/collector.ts'
import { documentedAlerts, documentedQueries } from '../support/prometheus/documented-queries.ts'
import { shipped, shippedAlerts, shippedRules } from '../support/prometheus/shipped-rules.ts'
import { need, promtool } from '../support/tools.ts'

interface UnitTest {
  readonly alert_rule_test?: readonly {
    readonly alertname: string
    readonly exp_alerts?: readonly unknown[]
  }[]
  readonly promql_expr_test?: readonly {
    readonly expr: string
    readonly exp_samples?: readonly unknown[]
  }[]
}

const testFiles = readdirSync(join(configurations, 'rules-tests')).map(
  (name) => `rules-tests/${name}`,
)

describe('The rules', () => {
  for (const file of testFiles) {
    test(`pass ${file}`, async (context) => {
      const tool = need(context, promtool())
      if (tool === undefined) return
      const options = { cwd: configurations, timeout: 300_000 }
      const { stdout } = await promisify(execFile)(tool, ['test', 'rules', file], options)
      assert.match(stdout, /SUCCESS/)
    })
  }

  test('each have unit tests: alerts fire and do not fire, records have values', async () => {
    const units = await unitTests()
    const alerts = units.flatMap(({ alert_rule_test: tests = [] }) => tests)
    const samples = units.flatMap(({ promql_expr_test: tests = [] }) => tests)
    for (const { alert, record = '' } of await shippedRules()) {
      if (alert === undefined) {
        const isTested = samples.some(
          ({ expr, exp_samples: values = [] }) => namesIn(expr).has(record) && values.length > 0,
        )
        assert.ok(isTested, `${record} has no unit test`)
        continue
      }
      const own = alerts.filter(({ alertname }) => alertname === alert)
      assert.ok(own.some(isFiring), `${alert} fires in no unit test`)
      assert.ok(own.findLastIndex(isQuiet) > own.findIndex(isFiring), `${alert} never resolves`)
      assert.ok(own.findIndex(isQuiet) < own.findIndex(isFiring), `${alert} always fires`)
    }
  })

  test('record every documented query by job', async () => {
    // A further part is for native histograms.
    const recorded = (await shippedRules()).map(({ expr }) => expr.split('\nor ')[0])
    const isBare = (query: string): boolean => /^\w+$/.test(query)
    for (const query of documentedQueries.filter((each) => !isBare(each))) {
      const named = byJob(query.replace(/(failed_requests|error_handling)\[/, '$1_total['))
      assert.ok(recorded.includes(named), named)
    }
    assert.equal(documentedQueries.filter(isBare).length, 3)
  })

  test('contain every documented alert by job', async () => {
    const alerts = await shippedAlerts()
    for (const { alert, expr, for: time } of documentedAlerts) {
      const rule = alerts.find((each) => each.alert === (renamed[alert] ?? alert))
      // Further parts make an alert see the first failure, or leave out reloads.
      const [query = '', threshold = ''] = byJob(expr).split(/(?= > )/)
      assert.ok(rule?.expr.includes(query), alert)
      assert.ok(rule?.expr.includes(threshold), alert)
      assert.equal(rule?.for, time, alert)
    }
  })
})

describe('Each alert', () => {
  test('has a severity, a text for people, and a section of docs/alerts.md', async () => {
    const document = await current('docs/alerts.md')
    for (const { alert, labels = {}, annotations = {} } of await shippedAlerts()) {
      assert.match(labels['severity'] ?? '', /^(?:critical|warning|info)$/, alert)
      assert.deepEqual(Object.keys(annotations), ['summary', 'description', 'runbook'], alert)
      assert.match(annotations['summary'] ?? '', /^\{\{ \$labels\.job \}\}: .*[^.]$/, alert)
      assert.match(annotations['description'] ?? '', /\.$/, alert)
      assert.equal(annotations['runbook'], `docs/alerts.md#${alert.toLowerCase()}`)
      const section = sectionOf(document, alert)
      for (const part of ['Means', 'Look at', 'Do', 'Threshold', 'Python']) {
        assert.ok(section.includes(`| ${part} |`), `${alert} lacks the row ${part}`)
      }
      assert.match(section, new RegExp(`severity \`${labels['severity']}\``), alert)
    }
  })

  test('is the only kind of section with a table in docs/alerts.md', async () => {
    const names = (await current('docs/alerts.md')).matchAll(/^### (\w+)$/gm)
    const alerts = (await shippedAlerts()).map(({ alert }) => alert)
    assert.deepEqual(Array.from(names, ([, name = '']) => name).sort(), alerts.sort())
  })

  test('groups by job, and has the name of no other alert', async () => {
    const alerts = await shippedAlerts()
    assert.equal(new Set(alerts.map(({ alert }) => alert)).size, alerts.length)
    for (const { expr } of await shippedRules()) {
      assert.doesNotMatch(expr, /\b(?:sum|avg|min|max|count|group)\s*\(/, 'an aggregation of all')
      for (const [, labels = ''] of expr.matchAll(/\bby \(([^)]*)\)/g)) {
        assert.ok(labels.split(', ').includes('job'), expr)
      }
    }
  })
})

/** This package counts 4xx in the metric of the documents, so its own alert has the name. */
const renamed: Readonly<Record<string, string>> = { HighErrorRate: 'HighFailureRate' }

/** Documents look at all targets together. */
function byJob(query: string): string {
  return query
    .replace(
      /\b(sum|avg)\(gunicorn_worker_memory_bytes\) \//g,
      '$1 without (worker_id, pid) (gunicorn_worker_memory_bytes) /',
    )
    .replace(/\b(sum|avg)\(/g, '$1 by (job) (')
    .replace(/by \(worker_id\)/g, 'by (job, instance, worker_id)')
    .replace(/by \((endpoint|reason)\)/g, 'by (job, $1)')
}

async function unitTests(): Promise<UnitTest[]> {
  const texts = await Promise.all(testFiles.map(shipped))
  return texts.flatMap((text) => (parse(text) as { tests: UnitTest[] }).tests)
}

function namesIn(expression: string): ReadonlySet<string> {
  return new Set(expression.match(/[a-zA-Z_:][\w:]*/g))
}

function isFiring({ exp_alerts: expected = [] }: { exp_alerts?: readonly unknown[] }): boolean {
  return expected.length > 0
}

function isQuiet(unit: { exp_alerts?: readonly unknown[] }): boolean {
  return !isFiring(unit)
}

function sectionOf(document: string, title: string): string {
  const [, rest] = document.split(`\n### ${title}\n`)
  assert.ok(rest !== undefined, `docs/alerts.md has no section ${title}`)
  return rest.split(/\n##+ /)[0] ?? ''
}
