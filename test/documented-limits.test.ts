import assert from 'node:assert/strict'
import { test } from 'node:test'
import { current } from '../scripts/documents.ts'
import { collectLimits } from '../src/limits/collect.ts'
import { crashFileLimits } from '../src/limits/crash-file.ts'
import { endpointLimits } from '../src/limits/endpoint.ts'
import { exporterLimits } from '../src/limits/exporter.ts'
import { expositionLimits } from '../src/limits/exposition.ts'
import { frameworkLimits } from '../src/limits/frameworks.ts'
import { hangStackLimits } from '../src/limits/hang-stacks.ts'
import { logLimits } from '../src/limits/log.ts'
import { masterLimits, socketLimits, systemdLimits } from '../src/limits/master.ts'
import { mountLimits } from '../src/limits/mount.ts'
import { otelLimits } from '../src/limits/otel.ts'
import { pushLimits } from '../src/limits/push.ts'
import { relayLimits } from '../src/limits/relay.ts'
import { shareLimits } from '../src/limits/share.ts'
import { stateLimits } from '../src/limits/state.ts'
import { doctorLimits } from '../src/limits/tools/doctor.ts'
import { liveLimits, liveReadLimits } from '../src/limits/tools/live.ts'
import { reloadLimits } from '../src/limits/tools/reload.ts'
import { requestLimits } from '../src/limits/tools/requests.ts'
import { topLimits } from '../src/limits/tools/top.ts'

/* The documents state limits in words. These tests compare the words with the code. */

const number = (limit: number): string => limit.toLocaleString('en')
const seconds = (ms: number): string => `${ms / 1_000}`
const mebibytes = (bytes: number): string => `${bytes / 1_048_576} MiB`
const kilobytes = (bytes: number): string => `${bytes / 1_000} kB`

const { delayWindowParts, delayWindowPartMs } = collectLimits
const longestWindowMs = delayWindowParts * delayWindowPartMs
const shortestWindowMs = longestWindowMs - delayWindowPartMs

/** The document with each run of white space as one space. */
async function textOf(path: string): Promise<string> {
  const document = await current(path)
  return document.replace(/\s+/g, ' ')
}

async function assertStated(path: string, sentences: readonly string[]): Promise<void> {
  const text = await textOf(path)
  for (const sentence of sentences) assert.ok(text.includes(sentence), `${path}: ${sentence}`)
}

test('The table of docs/limits.md states the limits of the code', async () => {
  assert.equal(stateLimits.retentionMs, 5 * 60_000)
  assert.equal(expositionLimits.keptMs, 5 * 60_000)
  const text = await textOf('docs/limits.md')
  const observation = seconds(otelLimits.observationTimeoutMs)
  const { peers, sharedSeries } = shareLimits
  const { pageSamples, pageBytes, keptBytes } = expositionLimits
  const pageRoom = `${number(pageSamples)} and ${mebibytes(pageBytes)}`
  const keptRoom = `${mebibytes(keptBytes)}, for five minutes`
  const rows: Readonly<Record<string, string>> = {
    'endpoints named by one process': `${collectLimits.endpoints} `,
    'paths without a route named by one process': `${collectLimits.foldedPaths} `,
    'classes of errors in one process': [
      `${collectLimits.errorTypes},`,
      `and ${collectLimits.reservedErrorTypes} more for each endpoint`,
    ].join(' '),
    'label sets of errors in one process': [
      `${number(collectLimits.errorSeries)},`,
      `and ${collectLimits.reservedErrorSeries} more for each endpoint |`,
      `method and class become \`_OTHER\`;`,
      `beyond ${number(2 * collectLimits.errorSeries)}, the status`,
    ].join(' '),
    'series of the metrics by route in one process': [
      `${number(collectLimits.routeSeries)},`,
      `and ${collectLimits.reservedSeries} more for each route`,
    ].join(' '),
    'series of paths without a route, among these': number(collectLimits.pathSeries),
    'series of one endpoint, among these': number(collectLimits.endpointSeries),
    'series of a metric of routes or errors, over all workers': number(stateLimits.clientSeries),
    'series from one process': number(relayLimits.seriesPerSource),
    'series on the page': `${number(stateLimits.series)} (`,
    'bounds of a histogram': number(stateLimits.histogramBounds),
    'samples and bytes of a page, without compression': pageRoom,
    'memory for parts of the page that stay for the next page': keptRoom,
    'ended workers with series on the page': `${stateLimits.retainedWorkers}, for five minutes`,
    'ended workers whose files cannot be read now':
      `${stateLimits.unreadEnds}, for ` + `${seconds(stateLimits.unreadEndMs)} seconds each`,
    'deaths in `/status`': `the last ${stateLimits.deaths} `,
    'time for an observable instrument of the application': `${observation} seconds`,
    'connections of the endpoint': `${endpointLimits.endpointConnections} (`,
    'time for a client to take the page': `${seconds(endpointLimits.endpointResponseMs)} seconds`,
    'pages of `metricsHandler` at a time': `${mountLimits.mountedPages} in each process`,
    'connections that bring pages to `metricsHandler`': `${mountLimits.pageServerConnections} in`,
    'time for such a connection to show the token': `${seconds(mountLimits.pageRequestMs)} seconds`,
    'search for the process that has the port of the endpoint': [
      `${number(endpointLimits.holderProcesses)} processes,`,
      `${number(endpointLimits.holderDescriptors)} descriptors and`,
      `${seconds(endpointLimits.holderMs)} second`,
    ].join(' '),
    'other clusters read from Redis': [
      `${number(peers)}, with ${number(sharedSeries)} series`,
      `and ${mebibytes(shareLimits.sharedPageChars)} of text`,
    ].join(' '),
  }
  for (const [name, value] of Object.entries(rows)) {
    assert.ok(text.includes(`| ${name} | ${value}`), name)
  }
  assert.ok(text.includes(`at most ${number(stateLimits.mostSeries)}) |`))
})

test('The sentences of docs/limits.md state the limits of the code', () =>
  assertStated('docs/limits.md', [
    `come back at once, ${number(collectLimits.listenerReturns)} times each`,
    `The first ${collectLimits.endpoints} route templates of a process have names`,
    `${frameworkLimits.unknownMounts} further templates of a process have such a prefix`,
    `the worker ended within ${seconds(collectLimits.errorToEndMs)} seconds of the error`,
    `has at most ${number(collectLimits.errorMessageChars)} characters`,
    `a stack at most ${number(collectLimits.errorStackChars)}`,
    `the heap had filled ${100 * stateLimits.fullHeapShare} % of its limit`,
    `that follow within ${seconds(stateLimits.oomAttributionMs)} seconds`,
    `for workers beyond ${number(crashFileLimits.crashMemories)} at the same time`,
    `sampled every ${collectLimits.delaySampleMs} ms`,
    `less than ${collectLimits.restingLoopMs} ms of work and fewer than ` +
      `${collectLimits.restingTurns} turns`,
    `a turn of ${collectLimits.restingTurnMs} ms or more is one sample`,
    `A stall shows up to ${collectLimits.delaySampleMs} ms too short`,
    `for ${seconds(shortestWindowMs)} to ${seconds(longestWindowMs)} seconds`,
    `descriptors are counted every ${seconds(collectLimits.slowReadingMs)} seconds`,
    '`gunicorn_worker_active_resources`** is counted every ' +
      `${seconds(collectLimits.slowReadingMs)} seconds`,
  ]))

test('docs/hang-stacks.md and docs/limits.md state the limits of stacks', async () => {
  const { frames, frameChars, answerMs, scriptsMs, pauseMs } = hangStackLimits
  const { mapFileBytes, inlineMapChars, threadHeapMb, threadRestarts } = hangStackLimits
  assert.equal(pauseMs, scriptsMs)
  await assertStated('docs/limits.md', [
    `| frames of a stack | ${frames}, from the top |`,
    `| characters of a frame | ${frameChars} |`,
    `| wait for an answer of the main thread | ${seconds(answerMs)} second |`,
    `for the list of scripts, and for the pause | ${seconds(scriptsMs)} seconds each |`,
    `| source map in a file | ${mebibytes(mapFileBytes)} |`,
    `| source maps inside scripts | ${mebibytes(inlineMapChars)} together |`,
    `| heap of the watchdog | ${threadHeapMb} MiB |`,
    `started again, up to ${threadRestarts} times |`,
    `| log lines about processes that hang | ${logLimits.hangs} in a minute |`,
  ])
  assert.equal(logLimits.hangPeriodMs, 60_000)
  const { leastSeconds, mostSeconds } = hangStackLimits
  await assertStated('docs/hang-stacks.md', [
    `It takes ${leastSeconds} to ${number(mostSeconds)} seconds.`,
  ])
})

test('docs/limits.md and docs/live.md state the limits of the live page', async () => {
  const { samples, stepMs, workers, recentSamples, routeWindowMs, longestDocumentMs } = liveLimits
  const columns = { shared: 10, worker: 5 }
  const column = 8 * samples
  const inWhole = columns.shared * column + workers * columns.worker * column
  assert.equal(samples * stepMs, 15 * 60_000)
  assert.equal((inWhole / 1e6).toFixed(1), '1.2')
  const shown = `${liveLimits.routes} and ${number(liveLimits.instances)}`
  const kept = `${liveLimits.documents}, for ${seconds(liveLimits.documentMs)} to`
  await assertStated('docs/limits.md', [
    `15 minutes in ${samples} samples: ${kilobytes(columns.shared * column)},`,
    `and ${kilobytes(columns.worker * column)} for each worker`,
    `| workers with a history | ${workers}, so the history has at most 1.2 MB |`,
    `| ${number(liveLimits.shownWorkers)}, ${shown} |`,
    `| error types of a route on the live page | ${liveLimits.errorTypes} |`,
    `| ${number(liveLimits.routeSeries)} | left out |`,
    `| histories that a sidecar keeps | ${liveLimits.histories}: one`,
    `| documents of the live page in memory | ${kept} ${seconds(longestDocumentMs)} seconds each`,
    `| ${number(liveLimits.metricChars)} characters | cut, with a note |`,
    `| ${liveLimits.requestsPerSecond} a second | longer pauses, of at most`,
    `of at most ${liveLimits.longestPollSeconds} seconds |`,
  ])
  await assertStated('docs/live.md', [
    `more than ${liveLimits.freshSamples} samples behind gets all samples`,
    `| samples | one every ${seconds(stepMs)} seconds, for 15 minutes |`,
    `of the last ${seconds(recentSamples * stepMs)} seconds; a single sample`,
    `of the last ${seconds(routeWindowMs)} to ${seconds(2 * routeWindowMs)} seconds`,
    `ask about ${liveLimits.requestsPerSecond} times a second together`,
  ])
  assert.equal(liveLimits.lookedAtMs, 120_000)
})

test('docs/preload.md states the limits of the code', () =>
  assertStated('docs/preload.md', [`is silent for ${seconds(mountLimits.mountedPageMs)} seconds`]))

test('docs/endpoint.md states the limits of the code', () => {
  const { endpointHandshakeMs, endpointRequestMs, endpointResponseMs } = endpointLimits
  const times = [endpointHandshakeMs, endpointRequestMs].map(seconds).join(', ')
  const { threadHeapMb, threadSeriesBytes } = exporterLimits
  return assertStated('docs/endpoint.md', [
    `the last ${stateLimits.deaths} deaths`,
    `at most ${expositionLimits.pageNames} names`,
    `${times} and ${seconds(endpointResponseMs)} seconds`,
    `${mebibytes(endpointLimits.unsentPageBytes)} or four times the largest page`,
    `${threadHeapMb} MiB or ${threadSeriesBytes / 1_024} KiB for each series`,
  ])
})

test('docs/endpoint.md states the limits of a page', () => {
  const { pageSamples, pageBytes, mostPageBytes, keptBytes, zstdBytes } = expositionLimits
  return assertStated('docs/endpoint.md', [
    `room for ${number(pageSamples)} samples in ${mebibytes(pageBytes)}`,
    `each metric that passes ${mebibytes(mostPageBytes)}`,
    `the first ${expositionLimits.namedFamilies} of these metrics`,
    `pages of up to ${mebibytes(zstdBytes)} and on a Node.js with zstd`,
    `up to ${stateLimits.blockSeries} neighbouring series`,
    `The kept parts take up to ${mebibytes(keptBytes)}`,
    `other requests every ${endpointLimits.partMs} ms`,
  ])
})

test('docs/otlp.md states the limits of the code', async () => {
  const { pushRetryFirstMs, pushRetryLastMs } = pushLimits
  const [first, last] = [pushRetryFirstMs, pushRetryLastMs].map(seconds)
  await assertStated('docs/otlp.md', [
    `| ${number(pushLimits.exportTimeoutMs)} ms for a request`,
    `Detectors have ${seconds(pushLimits.resourceTimeoutMs)} seconds.`,
    `at most ${number(pushLimits.pushPoints)} points`,
    `a pause of ${first} second that doubles up to ${last} seconds`,
    `after ${seconds(exporterLimits.lastPushMs)} seconds at the latest`,
    `not before this time, at most ${pushLimits.retryAfterMs / 60_000} minutes`,
    `has at most ${pushLimits.searchRequests} requests in a push`,
    `begins no further request after ${seconds(pushLimits.searchMs)} seconds`,
    `a metric of ${pushLimits.searchedPoints} or more data points`,
    `alone after ${pushLimits.refusedFirstMs / 60_000} minutes`,
    `After ${pushLimits.pushesUntilLarger} pushes without 413`,
    `Beyond ${pushLimits.refusedStatuses} statuses, `,
    `\`exporter.push.refusedMetrics\` (the first ${pushLimits.shownMetrics})`,
    `A push has at most ${pushLimits.pushRequests} requests`,
    `at most ${number(pushLimits.refusedMetrics)} refused metrics`,
    `each with at most ${pushLimits.refusedPoints} data points`,
  ])
  assert.equal(pushLimits.exportGraceMs, 1_000)
  assert.equal(pushLimits.refusedLastMs, 3_600_000)
  assert.equal(exporterLimits.lastReportsTimeoutMs, 2_000)
  assert.equal(exporterLimits.detachedTimeoutMs, 500)
  assert.equal(relayLimits.lastReportsMs, 1_000)
})

test('docs/doctor.md states the limits of the code', async () => {
  await assertStated('docs/doctor.md', [
    `| time for all checks | ${seconds(doctorLimits.timeoutMs)} seconds (\`--timeout\`) |`,
    `| time for one answer of the page | ${seconds(doctorLimits.answerMs)} seconds |`,
    `| bytes of an answer that are read | ${mebibytes(doctorLimits.answerBytes)} |`,
    `| processes that are looked at | ${number(doctorLimits.processes)} |`,
    `${number(doctorLimits.packageDirectories)} directories and ` +
      `${seconds(doctorLimits.packageSearchMs)} seconds`,
    `less than ${mebibytes(doctorLimits.freeBytes)} or ${number(doctorLimits.freeEntries)} entries`,
    `expires within ${doctorLimits.certificateMs / 86_400_000} days`,
    `is older than ${doctorLimits.reportAgeSeconds} seconds`,
    `takes longer than ${doctorLimits.redisSlowMs} ms`,
    `more than ${seconds(doctorLimits.clockMs)} seconds apart`,
    `more than ${100 * doctorLimits.nearlyFull} % of its memory`,
    `crashed in the last ${doctorLimits.crashSeconds / 60} minutes`,
  ])
  assert.equal(doctorLimits.crashes, 3)
  assert.equal(doctorLimits.throttled, 1 / 4)
})

test('docs/redis.md states the limits of the code', async () => {
  assert.equal(shareLimits.silenceMs, 5_000)
  assert.equal(exporterLimits.lastPushMs, 3_000)
  const { identityTimeoutMs, identityFirstMs, peerStateBytes, peerStatePlainBytes } = shareLimits
  await assertStated('docs/redis.md', [
    `${number(shareLimits.peers)} clusters, ${number(shareLimits.sharedSeries)} series of others`,
    `${mebibytes(peerStateBytes)} each as stored, ${mebibytes(peerStatePlainBytes)} unpacked`,
    `${shareLimits.leases} processes of one place`,
    `no longer than ${seconds(identityTimeoutMs)} seconds`,
    `no longer than ${seconds(identityFirstMs)} where`,
    `the last ${shareLimits.snapshots}, and none older`,
    `A page of more than ${mebibytes(shareLimits.snapshotBytes)} is not written`,
    `at most ${kilobytes(shareLimits.stateBytesPerSecond)} of states and`,
    `${kilobytes(shareLimits.indexBytesPerSecond)} of the index per second`,
    `read at most ${seconds(shareLimits.recentMs)} seconds ago`,
    `after ${seconds(shareLimits.recentReadMs)} seconds at the latest`,
    `read all states (${seconds(shareLimits.longestTurnMs)} seconds at most)`,
    `a gap of more than ${shareLimits.longestScrapeGapMs / 60_000} minutes`,
    `one more pipeline for each ${shareLimits.readChunkBytes / 1_024} KiB`,
    `no answer within ${shareLimits.redisStaggerMs} ms`,
    `remembers ${shareLimits.redisKnownNodes} nodes of a Redis Cluster`,
  ])
})

test('docs/endpoint.md states the limits of lines about deaths', () =>
  assertStated('docs/endpoint.md', [
    `writes at most ${logLimits.deaths} lines in ${seconds(logLimits.deathPeriodMs)} seconds`,
    `first ${logLimits.shownChars} characters of the error's message`,
  ]))

test('docs/metrics.md states how long the longest delay stays', () =>
  assertStated('docs/metrics.md', [
    `for ${seconds(shortestWindowMs)} seconds at least`,
    `delay of the event loop, sampled every ${collectLimits.delaySampleMs} ms`.replace('d', 'D'),
  ]))

test('The documents state how often a worker tries its crash file again', async () => {
  const { crashFileRetryMs, crashFileCheckMs } = crashFileLimits
  const { directoryCheckMs } = relayLimits
  assert.deepEqual([crashFileRetryMs, crashFileCheckMs, directoryCheckMs], [1_000, 1_000, 1_000])
  const words = 'tries again every second'
  for (const page of ['limits', 'troubleshooting']) await assertStated(`docs/${page}.md`, [words])
  await assertStated('docs/ARCHITECTURE.md', [
    `After ${crashFileLimits.singleTurns} turns with one count each`,
  ])
})

test('docs/limits.md states how long directories of dead processes stay', async () => {
  const { ownerlessMs, abandonedMs } = relayLimits
  await assertStated('docs/limits.md', [
    `${seconds(ownerlessMs)} seconds after its last change`,
    `${abandonedMs / 86_400_000} days after its last change`,
  ])
})

test('docs/troubleshooting.md states how many lines about deaths come in a minute', async () => {
  assert.deepEqual([logLimits.deaths, logLimits.deathPeriodMs], [10, 60_000])
  await assertStated('docs/troubleshooting.md', ['ten lines a minute at most'])
})

test('docs/run.md states the limits of a drain', async () => {
  const { announceMs, goawayMs, lastWordsMs, longestGoawayMs } = masterLimits
  await assertStated('docs/run.md', [
    `\`Content-Length\` that are older than ${seconds(masterLimits.endlessMs)} seconds`,
    `${seconds(lastWordsMs)} seconds before the timeout`,
    `below ${seconds(2 * lastWordsMs)} seconds`,
    `up to ${seconds(masterLimits.partMs)} seconds for the rest`,
    `or after ${seconds(announceMs)} seconds`,
    `after ${seconds(goawayMs)} to ${seconds(longestGoawayMs)} seconds`,
    `has ${seconds(masterLimits.quitMs)} seconds`,
    `does not answer within ${seconds(masterLimits.answerMs)} seconds`,
  ])
})

test('docs/run.md states the limit of the wait for a new master', async () => {
  const limit = seconds(shareLimits.firstHandOverMs)
  await assertStated('docs/run.md', [
    `waits up to ${limit} seconds for the new master`,
    `takes longer than ${limit} seconds`,
    `takes up to ${limit} seconds longer`,
  ])
})

test('docs/run.md states the limits of workers and sockets', async () => {
  const { firstForkPauseMs, groupSignalMs, longestForkPauseMs, orphanSeconds } = masterLimits
  await assertStated('docs/run.md', [
    `waits ${groupSignalMs} milliseconds for its own signal`,
    `within ${seconds(masterLimits.shortLifeMs)} seconds after it was ready`,
    `from ${seconds(firstForkPauseMs)} to ${seconds(longestForkPauseMs)} seconds`,
    `${number(socketLimits.waiting)} connections can wait on each socket`,
    `lives on for ${seconds(socketLimits.closeMs)} seconds`,
    `closes ${seconds(socketLimits.unusedMs)} seconds after the new workers are ready`,
    `${orphanSeconds} seconds after the end of the master`,
  ])
})

test('docs/systemd.md states the limits of systemd-notify', async () => {
  const { programMs, attempts, lastWordMs, handOverMs, statusMs } = systemdLimits
  assert.equal(statusMs, 1_000)
  await assertStated('docs/systemd.md', [
    `for ${seconds(programMs)} seconds at most`,
    `tries a change of the state ${attempts} times`,
    `waits up to ${seconds(lastWordMs)} seconds for \`STOPPING=1\``,
    `waits up to ${seconds(handOverMs)} seconds for \`MAINPID=…\``,
  ])
})

test('docs/limits.md states the limits of top', async () => {
  const { responseBytes, responseMs, firstPauseMs, lastPauseMs } = topLimits
  const { rows, historyWorkers, samples } = liveReadLimits
  await assertStated('docs/limits.md', [
    `${mebibytes(responseBytes)}, in ${seconds(responseMs)} seconds`,
    `again after ${seconds(firstPauseMs)} to ${seconds(lastPauseMs)} seconds`,
    `rows of a list in \`top\` | ${number(rows)} |`,
    `${number(historyWorkers)}, with ${number(samples)} samples`,
    `series of a page that \`top\` reads | ${number(topLimits.series)} |`,
  ])
})

test('The pages of the access log, StatsD and the reload state their limits', async () => {
  const { waitingChars, writeChars, writeMs, pipeBytes, valueChars } = requestLimits
  await assertStated('docs/access-log.md', [
    `At most ${mebibytes(waitingChars)} of lines waits`,
    `for up to ${writeMs} milliseconds, or ${writeChars / 1_024} KiB`,
    `each write has at most ${number(pipeBytes)} bytes`,
    `longer than ${number(valueChars)} characters is cut`,
  ])
  const { statsdTimes, datagramBytes, statsdRetryMs, waitingDatagrams } = requestLimits
  await assertStated('docs/statsd.md', [
    `after ${number(statsdTimes)} requests`,
    `at most ${number(datagramBytes)} bytes`,
    `after ${seconds(statsdRetryMs)} seconds, and at most ${waitingDatagrams} datagrams wait`,
  ])
  await assertStated('docs/reload.md', [
    `up to ${number(reloadLimits.files)} files in up to ${number(reloadLimits.directories)}`,
    `for ${seconds(reloadLimits.quietMs)} seconds`,
  ])
  await assertStated('docs/run.md', [`pauses for ${socketLimits.fullMs} milliseconds`])
})
