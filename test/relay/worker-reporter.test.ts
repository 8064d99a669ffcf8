import assert from 'node:assert/strict'
import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { relayLimits } from '../../src/limits/relay.ts'
import { listenToWorker, requestResync, sendPageServer } from '../../src/relay/ipc.ts'
import { LastReports } from '../../src/relay/last-report/last-report.ts'
import { tellEnd } from '../../src/relay/primary-end.ts'
import { parseReport, type Report } from '../../src/relay/report.ts'
import { askForReport, onReportAnswer } from '../../src/relay/report-question.ts'
import { readProcessStat } from '../../src/support/process/process-stat.ts'
import { workersDirectoryIn } from '../support/crash-file/workers-directory.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'
import { valuesOf } from '../support/relay/report-values.ts'

cluster.setupPrimary({ exec: join(import.meta.dirname, '../fixtures/relay/reporting-worker.ts') })

describe('WorkerReporter', { concurrency: 4 }, () => {
  test('sends all values at first, with the identity of the worker', async (context) => {
    const { worker, reports } = await started(context)
    await act(worker, 'report')
    const [first] = reports
    assert.equal(outline(first), 'all: 1')
    const { startSeconds, startTicks, ...source } = first?.source ?? {}
    assert.deepEqual(source, {
      ...{ role: 'worker', forkNumber: worker.id, pid: worker.process.pid, hasOwnSdk: true },
    })
    assert.equal(startTicks, readProcessStat(worker.process.pid ?? 0)?.startTicks)
    assert.ok(startSeconds && Math.abs(startSeconds - Date.now() / 1_000) < 60)
  })

  test('sends the changes in each interval', async (context) => {
    const { worker, reports } = await started(context, { reportIntervalMs: 10 })
    await next(reports, 1)
    await act(worker, 'count')
    while (outlines(reports).length < 2) await next(reports, reports.length + 1)
    assert.deepEqual(outlines(reports), ['all: 1', 'changes: 2'])
  })

  test('sends a report without changes too: a silent worker looks hung', async (context) => {
    const { reports } = await started(context, { reportIntervalMs: 10 })
    await next(reports, 4)
    assert.deepEqual(outlines(reports), ['all: 1'])
    assert.deepEqual(
      reports.map(({ sequence }) => sequence),
      reports.map((_, index) => index),
    )
  })

  test('sends all values when the primary asks for them', async (context) => {
    const { worker, reports } = await started(context)
    await act(worker, 'report')
    requestResync(worker.process)
    await act(worker, 'report')
    assert.deepEqual(outlines(reports), ['all: 1', 'all: 1'])
  })

  test('reports at once when the primary asks, and then answers', async (context) => {
    const { worker, reports } = await started(context)
    await act(worker, 'report')
    await act(worker, 'count')
    const answer = new Promise<string[]>((resolve) => {
      const onReported = (): void => resolve(outlines(reports))
      onReportAnswer(worker.process, { stream: 'preload', onReported })
    })
    askForReport(worker.process, 'sdk')
    askForReport(worker.process, 'preload')
    assert.deepEqual(await answer, ['all: 1', 'changes: 2'])
  })

  test('sends all values after resetBaseline()', async (context) => {
    const { worker, reports } = await started(context)
    await act(worker, 'report')
    await act(worker, 'reset')
    await act(worker, 'report')
    assert.deepEqual(outlines(reports), ['all: 1', 'all: 1'])
  })

  test('passes on the address of the page server', async (context) => {
    const { worker } = await started(context)
    const address = { port: 4_711, token: 'a'.repeat(64) }
    const message = once(worker, 'message')
    sendPageServer(worker.process, address)
    assert.deepEqual((await message)[0], { address })
  })

  test('sends the last changes at exit, and leaves all values in a file', async (context) => {
    const { worker, reports, files } = await started(context)
    await act(worker, 'report')
    worker.send('exit')
    await once(worker, 'disconnect')
    assert.deepEqual(outlines(reports), ['all: 1', 'changes: 101'])
    assert.equal(outline(parseReport(textOf(files.take(worker.id)))), 'all: 101')
  })

  test('sends the last changes when the application closes the channel', async (context) => {
    const { worker, reports, files } = await started(context)
    await act(worker, 'report')
    await act(worker, 'count')
    const exit = once(worker, 'exit')
    worker.send('disconnect')
    await exit
    assert.deepEqual(outlines(reports), ['all: 1', 'changes: 2'])
    assert.equal(outline(parseReport(textOf(files.take(worker.id)))), 'all: 102')
  })

  test('sends the last changes when the primary disconnects the worker', async (context) => {
    const { worker, reports, files } = await started(context)
    await act(worker, 'report')
    await act(worker, 'count')
    const exit = once(worker, 'exit')
    worker.disconnect()
    await exit
    assert.deepEqual(outlines(reports), ['all: 1', 'changes: 2'])
    assert.equal(outline(parseReport(textOf(files.take(worker.id)))), 'all: 102')
  })

  test('leaves all values in a file when the primary is gone', async (context) => {
    const { worker, reports, files } = await started(context)
    await act(worker, 'report')
    const exit = once(worker, 'exit')
    worker.process.disconnect()
    await exit
    assert.deepEqual(outlines(reports), ['all: 1'])
    assert.equal(outline(parseReport(textOf(files.take(worker.id)))), 'all: 101')
  })

  test('ends and leaves all values in a file when the primary tells its end', async (context) => {
    const { worker, reports, files } = await started(context)
    await act(worker, 'report')
    const exit = once(worker, 'exit')
    tellEnd(worker.process)
    assert.deepEqual(await exit, [0, null])
    // The worker leaves one report before it closes the channel, and one at its exit.
    assert.deepEqual(outlines(reports), ['all: 1', 'changes: 101'])
    assert.equal(outline(parseReport(textOf(files.take(worker.id)))), 'all: 201')
  })

  test('sends the last changes when it stops, and nothing afterwards', async (context) => {
    const { worker, reports, files } = await started(context)
    await act(worker, 'report')
    await act(worker, 'count')
    await act(worker, 'stop')
    await act(worker, 'count')
    requestResync(worker.process)
    await act(worker, 'report')
    worker.send('exit')
    await once(worker, 'exit')
    assert.deepEqual(outlines(reports), ['all: 1', 'changes: 2'])
    assert.equal(outline(parseReport(textOf(files.take(worker.id)))), 'all: 2')
  })

  test('sends a last report without a directory for last reports', async (context) => {
    const { worker, reports } = await started(context, { hasDirectory: false })
    await act(worker, 'report')
    worker.send('exit')
    await once(worker, 'disconnect')
    assert.deepEqual(outlines(reports), ['all: 1', 'changes: 101'])
  })
})

interface Started {
  readonly worker: Worker
  readonly reports: Report[]
  readonly files: LastReports
}

async function started(
  context: TestContext,
  {
    reportIntervalMs = relayLimits.reportTimeoutMs,
    hasDirectory = true,
  }: { readonly reportIntervalMs?: number; readonly hasDirectory?: boolean } = {},
): Promise<Started> {
  const directory = workersDirectoryIn(await temporaryDirectory(context))
  const files = new LastReports(directory)
  files.prepare()
  const worker = cluster.fork({
    REPORT_INTERVAL_MS: reportIntervalMs,
    ...(hasDirectory ? { WORKERS_DIRECTORY: JSON.stringify(directory) } : {}),
  })
  context.after(() => worker.process.kill('SIGKILL'))
  const reports: Report[] = []
  listenToWorker(worker.process, {
    onReport: (text) => reports.push(parseReport(text) ?? assert.fail(String(text))),
  })
  await once(worker, 'message')
  return { worker, reports, files }
}

/** Resolves when the worker has called the function of this name. */
async function act(worker: Worker, name: string): Promise<void> {
  worker.send(name)
  for (;;) {
    const [message] = await once(worker, 'message')
    if (message === `done ${name}`) return
    assert.equal(message, undefined)
  }
}

async function next(reports: readonly Report[], count: number): Promise<void> {
  while (reports.length < count) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** Without reports that only show that the worker lives. */
function textOf(report: ReturnType<LastReports['take']>): string | undefined {
  return typeof report === 'object' ? report.text : undefined
}

function outlines(reports: readonly Report[]): string[] {
  return reports.filter(({ values }) => values.length > 0).map(outline)
}

/** For example `changes: 2`: the kind of the report and the values. */
function outline(report: Report | undefined): string {
  if (!report) return 'no report'
  const kind = report.sequence === 0 ? 'all' : 'changes'
  return `${kind}: ${valuesOf(report).map(([, value]) => value)}`
}
