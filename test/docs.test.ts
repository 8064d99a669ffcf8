import assert from 'node:assert/strict'
import { test } from 'node:test'
import { current, documents } from '../scripts/documents.ts'
import { configVariable } from '../src/config/config-file.ts'
import { table } from '../src/config/table.ts'
import { limits } from '../src/limits.ts'

for (const { path, render } of documents) {
  test(`${path} is what the tables in the code say (npm run docs writes it)`, async () => {
    const text = await current(path)
    assert.equal(text, render(text))
    assert.ok(text.length > 1_000)
  })
}

test('every variable of the table is documented, and no other', async () => {
  const document = await current('docs/configuration.md')
  const names = document.matchAll(
    /`((?:PROMETHEUS|OTEL|GUNICORN|REDIS|SIDECAR|WEB|CLEANUP)_[A-Z_]+)`/g,
  )
  const documented = new Set(Array.from(names, ([, name]) => name))
  const known = Object.values(table).flatMap(({ env }) => env)
  assert.deepEqual([...documented].sort(), [...known, configVariable].sort())
})

test('the limits that docs/otlp.md states are those of the code', async () => {
  const document = await current('docs/otlp.md')
  const text = document.replace(/\s+/g, ' ')
  const number = (limit: number): string => limit.toLocaleString('en')
  const [first, last] = [limits.pushRetryFirstMs / 1_000, limits.pushRetryLastMs / 1_000]
  for (const sentence of [
    `| ${number(limits.exportTimeoutMs)} ms for a request`,
    `at most ${number(limits.pushPoints)} points`,
    `a pause of ${first} second that doubles up to ${last} seconds`,
    `never for more than ${limits.lastPushMs / 1_000} seconds`,
  ]) {
    assert.ok(text.includes(sentence), sentence)
  }
  assert.equal(limits.lastReportsPatienceMs, 2_000)
  assert.equal(limits.retentionMs, 5 * 60_000)
})

test('the limits that README states are those of the code', async () => {
  const readme = await current('README.md')
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
    `does not answer within ${limits.mountedPageMs / 1_000} seconds`,
    `preloaded processes, ${limits.mountedPages} pages at a time in each`,
    `${number(limits.sources)} clusters and ${number(limits.sharedSeries)} of their series`,
  ]) {
    assert.ok(text.includes(sentence), sentence)
  }
})

test('the limits that docs/redis.md states are those of the code', async () => {
  const text = (await current('docs/redis.md')).replace(/\s+/g, ' ')
  const number = (limit: number): string => limit.toLocaleString('en')
  const seconds = (ms: number): string => `${ms / 1_000}`
  assert.equal(limits.silenceMs, 5_000)
  assert.equal(limits.lastPushMs, 3_000)
  for (const sentence of [
    `${number(limits.sources)} clusters, ${number(limits.sharedSeries)} series of others`,
    `${limits.sharedBytes / 1_048_576} MiB each as stored, ${limits.sharedPlainBytes / 1_048_576} MiB unpacked`,
    `${limits.leases} processes of one place`,
    `no longer than ${seconds(limits.identityPatienceMs)} seconds, and no longer than ${seconds(limits.identityFirstMs)} where`,
    `the last ${limits.snapshots}, and none older`,
  ]) {
    assert.ok(text.includes(sentence), sentence)
  }
})
