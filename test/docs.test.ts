import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { test } from 'node:test'
import { current, documents } from '../scripts/documents.ts'
import { configVariable } from '../src/config/config-file.ts'
import { table } from '../src/config/table.ts'
import { collectLimits } from '../src/limits/collect.ts'
import { endpointLimits } from '../src/limits/endpoint.ts'
import { exporterLimits } from '../src/limits/exporter.ts'
import { expositionLimits } from '../src/limits/exposition.ts'
import { mountLimits } from '../src/limits/mount.ts'
import { otelLimits } from '../src/limits/otel.ts'
import { pushLimits } from '../src/limits/push.ts'
import { relayLimits } from '../src/limits/relay.ts'
import { shareLimits } from '../src/limits/share.ts'
import { stateLimits } from '../src/limits/state.ts'
import { catalog } from '../src/model/catalog.ts'
import { missingPaths } from './support/mentioned-paths.ts'

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

test('every path that the documents for contributors mention is in the tree', async () => {
  const folder = await readdir(new URL('../docs/decisions/', import.meta.url))
  const decisions = folder.map((name) => `docs/decisions/${name}`)
  const documents = [
    'docs/ARCHITECTURE.md',
    'docs/testing.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    ...decisions,
  ]
  const missing = await Promise.all(
    documents.map(async (path) => missingPaths(path, await current(path))),
  )
  assert.ok(decisions.length > 11)
  assert.deepEqual(missing.flat(), [])
})

test('the index of decisions has every decision', async () => {
  const folder = await readdir(new URL('../docs/decisions/', import.meta.url))
  const index = await current('docs/decisions/README.md')
  const linked = Array.from(index.matchAll(/\]\((\d{4}-[\w-]+\.md)\)/g), ([, name]) => name)
  assert.deepEqual(linked, folder.filter((name) => name !== 'README.md').sort())
})

test('the limits that docs/otlp.md states are those of the code', async () => {
  const document = await current('docs/otlp.md')
  const text = document.replace(/\s+/g, ' ')
  const number = (limit: number): string => limit.toLocaleString('en')
  const [first, last] = [pushLimits.pushRetryFirstMs / 1_000, pushLimits.pushRetryLastMs / 1_000]
  for (const sentence of [
    `| ${number(pushLimits.exportTimeoutMs)} ms for a request`,
    `at most ${number(pushLimits.pushPoints)} points`,
    `a pause of ${first} second that doubles up to ${last} seconds`,
    `never for more than ${exporterLimits.lastPushMs / 1_000} seconds`,
  ]) {
    assert.ok(text.includes(sentence), sentence)
  }
  assert.equal(exporterLimits.lastReportsTimeoutMs, 2_000)
  assert.equal(stateLimits.retentionMs, 5 * 60_000)
})

test('the limits that docs/limits.md states are those of the code', async () => {
  const document = await current('docs/limits.md')
  const text = document.replace(/\s+/g, ' ')
  const number = (limit: number): string => limit.toLocaleString('en')
  const seconds = (ms: number): string => `${ms / 1_000}`
  assert.equal(stateLimits.retentionMs, 5 * 60_000)
  for (const sentence of [
    `| endpoints named by one process | ${collectLimits.endpoints} |`,
    `| label sets of errors in one process | ${number(collectLimits.errorSeries)} |`,
    `| series from one process | ${number(relayLimits.seriesPerSource)} |`,
    `| series on the page | ${number(stateLimits.series)} (\`PROMETHEUS_MAX_SERIES\`, at most ${number(stateLimits.mostSeries)}) |`,
    `| ended workers with series on the page | ${stateLimits.retainedWorkers}, for five minutes each |`,
    `| deaths in \`/status\` | the last ${stateLimits.deaths} |`,
    `| time for an observable instrument of the application | ${seconds(otelLimits.observationTimeoutMs)} seconds |`,
    `| connections of the endpoint | ${endpointLimits.endpointConnections} (`,
    `| time for a client to take the page | ${seconds(endpointLimits.endpointResponseMs)} seconds |`,
    `| pages of \`metricsHandler\` at a time | ${mountLimits.mountedPages} in each process |`,
    `| other clusters read from Redis | ${number(shareLimits.peers)}, with ${number(shareLimits.sharedSeries)} series |`,
    `The first ${collectLimits.endpoints} endpoints of a process are named`,
    `label sets of errors beyond ${number(collectLimits.errorSeries)}`,
    `that follow within ${seconds(stateLimits.oomClaimMs)} seconds`,
    `sampled every ${collectLimits.delaySampleMs} ms`,
  ]) {
    assert.ok(text.includes(sentence), sentence)
  }
})

test('the limits that docs/preload.md and docs/endpoint.md state are those of the code', async () => {
  const preload = await current('docs/preload.md')
  assert.ok(preload.includes(`is silent for ${mountLimits.mountedPageMs / 1_000} seconds`))
  const endpoint = await current('docs/endpoint.md')
  const times = [
    endpointLimits.endpointHandshakeMs,
    endpointLimits.endpointRequestMs,
    endpointLimits.endpointResponseMs,
  ]
  const [handshake, request, response] = times.map((ms) => ms / 1_000)
  for (const sentence of [
    `the last ${stateLimits.deaths} deaths`,
    `at most ${expositionLimits.pageNames} names`,
    `${handshake}, ${request} and ${response} seconds`,
    `${endpointLimits.unsentPageBytes / 1_048_576} MiB or four times the largest page`,
    `${exporterLimits.threadHeapMb} MiB or ${exporterLimits.threadSeriesBytes / 1_024} KiB for each series`,
  ]) {
    assert.ok(endpoint.includes(sentence), sentence)
  }
})

test('every metric of the catalog is in docs/metrics.md once', async () => {
  const document = await current('docs/metrics.md')
  for (const { name, kind } of Object.values(catalog)) {
    assert.equal(document.split(`| \`${name}\` | ${kind} |`).length, 2, name)
  }
})

test('the limits that docs/redis.md states are those of the code', async () => {
  const text = (await current('docs/redis.md')).replace(/\s+/g, ' ')
  const number = (limit: number): string => limit.toLocaleString('en')
  const seconds = (ms: number): string => `${ms / 1_000}`
  assert.equal(shareLimits.silenceMs, 5_000)
  assert.equal(exporterLimits.lastPushMs, 3_000)
  for (const sentence of [
    `${number(shareLimits.peers)} clusters, ${number(shareLimits.sharedSeries)} series of others`,
    `${shareLimits.peerStateBytes / 1_048_576} MiB each as stored, ${shareLimits.peerStatePlainBytes / 1_048_576} MiB unpacked`,
    `${shareLimits.leases} processes of one place`,
    `no longer than ${seconds(shareLimits.identityTimeoutMs)} seconds, and no longer than ${seconds(shareLimits.identityFirstMs)} where`,
    `the last ${shareLimits.snapshots}, and none older`,
  ]) {
    assert.ok(text.includes(sentence), sentence)
  }
})
