import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { currentReadme, renderedReadme } from '../scripts/metric-table.ts'
import { limits } from '../src/limits.ts'

const root = new URL('..', import.meta.url)

test("README's metric table is the catalogue (npm run docs writes it)", async () => {
  assert.equal(await currentReadme(), await renderedReadme())
})

test('docs/configuration.md names every variable that is read, and no other', async () => {
  const source = await readFile(new URL('src/config/settings.ts', root), 'utf8')
  const names = /'((?:PROMETHEUS|OTEL|GUNICORN)_[A-Z_]+)'/g
  const read = Array.from(source.matchAll(names), ([, name]) => name)
  const document = await readFile(new URL('docs/configuration.md', root), 'utf8')
  const documented = Array.from(document.matchAll(/`((?:PROMETHEUS|OTEL|GUNICORN)_[A-Z_]+)`/g))
  assert.deepEqual(
    [...new Set(documented.map(([, name]) => name))].sort(),
    [...new Set(read)].sort(),
  )
})

test('the limits that README states are those of the code', async () => {
  const readme = await currentReadme()
  const stated = {
    endpoints: limits.endpoints,
    errorSeries: limits.errorSeries,
    seriesPerSource: limits.seriesPerSource,
    series: limits.series,
    retainedWorkers: limits.retainedWorkers,
  }
  for (const [name, limit] of Object.entries(stated)) {
    assert.ok(readme.includes(limit.toLocaleString('en')), `${name}: ${limit}`)
  }
})
