import assert from 'node:assert/strict'
import { test } from 'node:test'
import { current, documents } from '../scripts/documents.ts'
import { configVariable } from '../src/config/config-file.ts'
import { table } from '../src/config/table.ts'
import { collectLimits } from '../src/limits/collect.ts'
import { exporterLimits } from '../src/limits/exporter.ts'
import { mountLimits } from '../src/limits/mount.ts'
import { pushLimits } from '../src/limits/push.ts'
import { relayLimits } from '../src/limits/relay.ts'
import { shareLimits } from '../src/limits/share.ts'
import { stateLimits } from '../src/limits/state.ts'

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

test('the limits that README states are those of the code', async () => {
  const readme = await current('README.md')
  const text = readme.replace(/\s+/g, ' ')
  assert.equal(stateLimits.retentionMs, 5 * 60_000)
  const number = (limit: number): string => limit.toLocaleString('en')
  for (const sentence of [
    `The first ${collectLimits.endpoints} endpoints of a process are named`,
    `label sets of errors beyond ${number(collectLimits.errorSeries)}`,
    `${number(relayLimits.seriesPerSource)} from one process, ${number(stateLimits.series)} on the page`,
    `stay five minutes, of ${stateLimits.retainedWorkers} workers at most`,
    `the last ${stateLimits.deaths} deaths`,
    `that follow it within ${stateLimits.oomClaimMs / 1_000} seconds`,
    `sampled every ${collectLimits.delaySampleMs} ms`,
    `does not answer within ${mountLimits.mountedPageMs / 1_000} seconds`,
    `preloaded processes, ${mountLimits.mountedPages} pages at a time in each`,
    `${number(shareLimits.peers)} clusters and ${number(shareLimits.sharedSeries)} of their series`,
  ]) {
    assert.ok(text.includes(sentence), sentence)
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
