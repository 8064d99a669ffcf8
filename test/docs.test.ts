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
  const text = readme.replace(/\s+/g, ' ')
  assert.equal(limits.retentionMs, 5 * 60_000)
  const number = (limit: number): string => limit.toLocaleString('en')
  for (const sentence of [
    `The first ${limits.endpoints} endpoints of a process are named`,
    `label sets of errors beyond ${number(limits.errorSeries)}`,
    `${number(limits.seriesPerSource)} from one process, ${number(limits.series)} on the page`,
    `stay five minutes, of ${limits.retainedWorkers} workers at most`,
    `the last ${limits.deaths} deaths`,
    `that follow it within ${limits.oomClaimMs / 1_000} seconds`,
    `sampled every ${limits.delaySampleMs} ms`,
  ]) {
    assert.ok(text.includes(sentence), sentence)
  }
})
