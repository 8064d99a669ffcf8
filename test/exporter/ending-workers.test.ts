import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type EndingWorker, takeEndingWorkers } from '../../src/exporter/ending-workers.ts'
import { exporterLimits } from '../../src/limits/exporter.ts'

type State = EndingWorker['state']

interface Scene {
  /** The look at which the report of a worker is there, from 1. Without a look: never. */
  readonly reportAt?: Readonly<Record<number, number>>
  /** The look at which the process of a worker has ended, from 1. */
  readonly endAt?: Readonly<Record<number, number>>
  readonly leavesReports?: boolean
  /** The factor of all limits. */
  readonly pace?: number
}

/** Takes the counts of workers with these states. The pid of a worker is its fork number. */
async function taken(states: readonly State[], scene: Scene): Promise<string[]> {
  const { reportAt = {}, endAt = {}, leavesReports = true, pace = 100 } = scene
  const events: string[] = []
  const looks = new Map<number, number>()
  const workers = states.map((state, index) => ({ forkNumber: index + 1, pid: index + 1, state }))
  const isReached = (at: number | undefined, forkNumber: number): boolean =>
    at !== undefined && (looks.get(forkNumber) ?? 1) >= at
  await takeEndingWorkers(workers, {
    exporter: {
      takeLastReport(forkNumber) {
        const isThere = isReached(reportAt[forkNumber], forkNumber)
        looks.set(forkNumber, (looks.get(forkNumber) ?? 1) + 1)
        if (!leavesReports) return 'none'
        if (isThere) events.push(`report ${forkNumber}`)
        return isThere ? 'taken' : 'missing'
      },
      recoverCounts: (forkNumber) => events.push(`counts ${forkNumber}`),
    },
    limits: {
      lastReportsTimeoutMs: exporterLimits.lastReportsTimeoutMs * pace,
      detachedTimeoutMs: exporterLimits.detachedTimeoutMs * pace,
      lastReportsPollMs: exporterLimits.lastReportsPollMs / 5,
    },
    hasEnded: (pid) => isReached(endAt[pid], pid),
  })
  return events
}

describe('takeEndingWorkers', () => {
  test('takes the last report, and then the counts of the crash file', async () => {
    assert.deepEqual(await taken(['told'], { reportAt: { 1: 1 } }), ['report 1', 'counts 1'])
  })

  test('waits for each report, and takes the reports that are there', async () => {
    const events = await taken(['told', 'detached'], { reportAt: { 1: 3, 2: 1 } })
    assert.deepEqual(events, ['report 2', 'counts 2', 'report 1', 'counts 1'])
  })

  test('takes the crash file once a process without a report has ended', async () => {
    assert.deepEqual(await taken(['told'], { endAt: { 1: 3 } }), ['counts 1'])
  })

  test('finds the report that a worker left right before its end', async () => {
    const events = await taken(['told'], { reportAt: { 1: 2 }, endAt: { 1: 2 } })
    assert.deepEqual(events, ['report 1', 'counts 1'])
  })

  test('does not wait for a worker that its primary has seen exit', async () => {
    assert.deepEqual(await taken(['exited'], {}), ['counts 1'])
  })

  test('does not wait for a worker without a report', async () => {
    assert.deepEqual(await taken(['unheard'], { endAt: { 1: 3 } }), ['counts 1'])
  })

  test('does not wait where workers leave no reports', async () => {
    const events = await taken(['told', 'detached'], { leavesReports: false })
    assert.deepEqual(events, ['counts 1', 'counts 2'])
  })

  test('stops waiting after exporterLimits.lastReportsTimeoutMs', async () => {
    assert.deepEqual(await taken(['told'], { pace: 0.02 }), ['counts 1'])
  })

  test('stops waiting for a detached worker after exporterLimits.detachedTimeoutMs', async () => {
    const events = await taken(['told', 'detached'], { pace: 0.05 })
    assert.deepEqual(events, ['counts 2', 'counts 1'])
  })

  test('does nothing without workers', async () => {
    assert.deepEqual(await taken([], {}), [])
  })
})
