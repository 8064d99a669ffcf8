import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { relayLimits } from '../../src/limits/relay.ts'
import type { Attributes, Metric } from '../../src/model/metric.ts'
import { failedReport, parseReport, type Report, type Source } from '../../src/relay/report.ts'
import { Reporter, type ReporterLimits, type ReporterOptions } from '../../src/relay/reporter.ts'
import { guardedClock } from '../../src/support/clock.ts'
import { ManualClock, settled } from '../support/manual-clock.ts'
import { valuesOf } from '../support/relay/report-values.ts'

const { reportIntervalMs, reportTimeoutMs, seriesPerSource } = relayLimits

const source: Source = { role: 'single', forkNumber: 1, startSeconds: 1, pid: 1 }

describe('Reporter', () => {
  test('sends the first report at once, with all values and the source', async (context) => {
    const { clock, sent } = started(context)
    await clock.advance(0)
    assert.deepEqual(sent.map(outline), ['report 0: 1'])
    assert.deepEqual(sent[0]?.report.source, source)
  })

  test('sends the first report before it returns, and the next one in the next turn', async () => {
    const sent: Sent[] = []
    const clock = new ManualClock()
    const options = optionsFor(sent, () => [])
    const reporter = new Reporter({
      ...options,
      reportsAtOnce: true,
      reportsWithoutChanges: true,
      clock,
    })
    assert.equal(sent.length, 1)
    acknowledge(sent)
    await clock.advance(0)
    assert.equal(sent.length, 2)
    reporter.stop()
  })

  test('sends one report per interval, with the changes', async (context) => {
    const { clock, sent, set } = started(context)
    await clock.advance(0)
    acknowledge(sent)
    set(2)
    await clock.advance(reportIntervalMs - 1)
    assert.equal(sent.length, 1)
    await clock.advance(1)
    assert.deepEqual(sent.map(outline), ['report 0: 1', 'report 1: 2'])
  })

  test('sends nothing without a change, and numbers the next report', async (context) => {
    const { clock, sent, set } = started(context)
    await clock.advance(0)
    acknowledge(sent)
    await clock.advance(5 * reportIntervalMs)
    assert.equal(sent.length, 1)
    set(2)
    await clock.advance(reportIntervalMs)
    assert.deepEqual(sent.map(outline), ['report 0: 1', 'report 1: 2'])
  })

  test('sends no report before the transport acknowledges the last report', async (context) => {
    const { clock, sent, set } = started(context)
    await clock.advance(0)
    set(2)
    await clock.advance(reportTimeoutMs - 1)
    assert.deepEqual(sent.map(outline), ['report 0: 1'])
    acknowledge(sent)
    await clock.advance(reportIntervalMs)
    assert.deepEqual(sent.map(outline), ['report 0: 1', 'report 1: 2'])
  })

  test('starts over when a report is never acknowledged', async (context) => {
    const { clock, sent, set } = started(context)
    await clock.advance(0)
    acknowledge(sent)
    set(2)
    await clock.advance(reportIntervalMs)
    set(3)
    await clock.advance(reportTimeoutMs - 1)
    assert.deepEqual(sent.map(outline), ['report 0: 1', 'report 1: 2'])
    await clock.advance(1)
    assert.deepEqual(sent.map(outline), ['report 0: 1', 'report 1: 2', 'report 0: 3'])
  })

  test('measures the timeout of each report from its own start', async (context) => {
    const { clock, sent, set } = started(context)
    await clock.advance(0)
    acknowledge(sent)
    await clock.advance(2 * reportTimeoutMs)
    set(2)
    await clock.advance(reportIntervalMs)
    set(3)
    await clock.advance(reportIntervalMs)
    assert.deepEqual(sent.map(outline), ['report 0: 1', 'report 1: 2'])
  })

  test('goes on with the next sequence after a collection that never ends', async (context) => {
    const collections: (() => void)[] = []
    const { clock, sent, set } = started(context, {
      collect: (read) => new Promise((resolve) => collections.push(() => resolve(read()))),
    })
    await clock.advance(0)
    collections[0]?.()
    await settled()
    acknowledge(sent)
    set(2)
    await clock.advance(reportIntervalMs)
    await clock.advance(reportTimeoutMs)
    assert.equal(collections.length, 3)
    collections[2]?.()
    await settled()
    assert.deepEqual(sent.map(outline), ['report 0: 1', 'report 1: 2'])
    set(3)
    collections[1]?.()
    await settled()
    assert.deepEqual(sent.map(outline), ['report 0: 1', 'report 1: 2'])
  })

  test('starts over after a report that the transport refuses', async (context) => {
    const { clock, sent, set } = started(context)
    await clock.advance(0)
    acknowledge(sent)
    set(2)
    await clock.advance(reportIntervalMs)
    sent[1]?.done(new Error('closed'))
    set(3)
    await clock.advance(reportIntervalMs)
    assert.deepEqual(sent.map(outline), ['report 0: 1', 'report 1: 2', 'report 0: 3'])
  })

  test('ignores a late refusal of a report that it has given up', async (context) => {
    const { clock, sent, set } = started(context)
    await clock.advance(0)
    await clock.advance(reportTimeoutMs)
    assert.deepEqual(sent.map(outline), ['report 0: 1', 'report 0: 1'])
    sent[0]?.done(new Error('late'))
    set(2)
    await clock.advance(reportIntervalMs)
    assert.equal(sent.length, 2)
    acknowledge(sent)
    await clock.advance(reportIntervalMs)
    assert.deepEqual(sent.map(outline), ['report 0: 1', 'report 0: 1', 'report 1: 2'])
  })

  test('counts a fault of a failed collection, and collects again', async (context) => {
    let fails = true
    const { clock, sent, faults } = started(context, {
      collect: async (read) => {
        if (fails) throw new Error('no metrics')
        return read()
      },
    })
    await clock.advance(0)
    assert.deepEqual(faults, ['collect'])
    fails = false
    await clock.advance(reportIntervalMs)
    assert.deepEqual(sent.map(outline), ['report 0: 1'])
  })

  const throws = (): never => {
    throw new Error('a broken function')
  }
  for (const [part, broken] of [
    ['the collection throws', { collect: throws }],
    ['the collection fails', { collect: async () => throws() }],
    ['the source throws', { source: throws }],
  ] as const) {
    test(`shows life at each interval while ${part}`, async () => {
      const clock = new ManualClock()
      const texts: string[] = []
      const transport = { send: (text: string) => void texts.push(text), sendLast: () => true }
      const onFault = (): void => {}
      const options = { ...optionsFor([], () => []), ...broken, transport, onFault }
      const guardedTimers = guardedClock(clock, () => {})
      new Reporter({ ...options, clock: guardedTimers })
      await clock.advance(3 * reportIntervalMs)
      assert.deepEqual(new Set(texts), new Set([failedReport]))
      assert.ok(texts.length >= 3, `${texts.length} signs of life`)
    })
  }

  test('counts a fault of each report that leaves out series above the limit', async (context) => {
    const { clock, sent, faults, setSeries } = started(context)
    setSeries(seriesPerSource)
    await clock.advance(0)
    acknowledge(sent)
    assert.deepEqual(faults, [])
    setSeries(seriesPerSource + 1)
    await clock.advance(reportIntervalMs)
    assert.deepEqual(faults, ['series_limit'])
    assert.equal(valuesOf(sent[0]?.report).length, seriesPerSource)
  })

  test('counts a fault of a metric that JSON lacks, then reports all values', async (context) => {
    const { clock, sent, faults, set, setAttributes } = started(context)
    await clock.advance(0)
    acknowledge(sent)
    // A program without types can set such an attribute.
    setAttributes(Object.assign(JSON.parse('{}'), { id: 1n }))
    await clock.advance(reportIntervalMs)
    assert.deepEqual(faults, ['report'])
    assert.equal(sent.length, 1)
    setAttributes({ id: 1 })
    set(2)
    await clock.advance(reportIntervalMs)
    assert.deepEqual(sent.map(outline), ['report 0: 1', 'report 0: 2'])
  })

  test('sends all values after resetBaseline()', async (context) => {
    const { clock, reporter, sent } = started(context)
    await clock.advance(0)
    acknowledge(sent)
    reporter.resetBaseline()
    await clock.advance(reportIntervalMs)
    assert.deepEqual(sent.map(outline), ['report 0: 1', 'report 0: 1'])
  })

  test('uses timers that do not keep the process alive', (context) => {
    const before = activeTimers()
    const reporter = new Reporter(optionsFor([], () => []))
    context.after(() => reporter.stop())
    assert.equal(activeTimers(), before)
  })
})

describe('Reporter.flush()', () => {
  test('sends the changes synchronously', async (context) => {
    const { clock, reporter, sent, set } = started(context)
    await clock.advance(0)
    acknowledge(sent)
    set(2)
    reporter.flush()
    assert.deepEqual(sent.map(outline), ['report 0: 1', 'last 1: 2'])
  })

  test('sends nothing without a change', async (context) => {
    const { clock, reporter, sent } = started(context)
    await clock.advance(0)
    acknowledge(sent)
    reporter.flush()
    assert.equal(sent.length, 1)
  })

  test('starts over while a report is not acknowledged', async (context) => {
    const { clock, reporter, sent, set } = started(context)
    await clock.advance(0)
    acknowledge(sent)
    set(2)
    await clock.advance(reportIntervalMs)
    set(3)
    reporter.flush()
    assert.deepEqual(sent.map(outline), ['report 0: 1', 'report 1: 2', 'last 0: 3'])
  })

  test('gives up a collection that is under way', async (context) => {
    let finish = (): void => {}
    const { clock, reporter, sent, set } = started(context, {
      collect: (read) =>
        new Promise((resolve) => {
          finish = () => resolve(read())
        }),
    })
    await clock.advance(0)
    reporter.flush()
    set(2)
    finish()
    await settled()
    assert.deepEqual(sent.map(outline), ['last 0: 1'])
  })

  test('lets the next report go out at the next interval', async (context) => {
    const { clock, reporter, sent, set } = started(context)
    await clock.advance(0)
    reporter.flush()
    set(2)
    await clock.advance(reportIntervalMs)
    assert.deepEqual(sent.map(outline), ['report 0: 1', 'last 0: 1', 'report 1: 2'])
  })

  test('leaves all values in a file, in place of an earlier file', async (context) => {
    const { clock, reporter, sent, left, set } = started(context, { leaves: true })
    await clock.advance(0)
    acknowledge(sent)
    set(2)
    reporter.flush()
    set(3)
    reporter.flush()
    assert.deepEqual(sent.map(outline), ['report 0: 1', 'last 1: 2', 'last 0: 3'])
    assert.deepEqual(left, ['sent 0: 2', 'sent 0: 3'])
  })

  test('leaves all values without a change, and tells that nothing was sent', async (context) => {
    const { clock, reporter, sent, left } = started(context, { leaves: true })
    await clock.advance(0)
    acknowledge(sent)
    reporter.flush()
    assert.deepEqual(sent.map(outline), ['report 0: 1'])
    assert.deepEqual(left, ['unsent 0: 1'])
  })

  test('reads the metrics once', (context) => {
    let reads = 0
    const { reporter } = started(context, {
      leaves: true,
      onRead: () => {
        reads += 1
      },
    })
    reporter.flush()
    assert.equal(reads, 1)
  })

  test('goes on with the next sequence after a last report that was sent', async (context) => {
    const { reporter, sent, set } = started(context)
    reporter.flush()
    set(2)
    reporter.flush()
    assert.deepEqual(sent.map(outline), ['last 0: 1', 'last 1: 2'])
  })
})

describe('Reporter.report()', () => {
  test('resolves when the transport acknowledges the report', async (context) => {
    const { reporter, sent } = started(context)
    const report = watched(reporter.report())
    await settled()
    assert.deepEqual(sent.map(outline), ['report 0: 1'])
    assert.equal(report.isSettled(), false)
    acknowledge(sent)
    await settled()
    assert.equal(report.isSettled(), true)
  })

  for (const [title, collect] of [
    ['nothing has changed', async (read) => read()],
    ['the collection fails', () => Promise.reject(new Error('no metrics'))],
  ] satisfies [string, Collect][]) {
    test(`resolves when ${title}`, async (context) => {
      const { clock, reporter, sent } = started(context, { collect })
      await clock.advance(0)
      acknowledge(sent)
      const report = watched(reporter.report())
      await settled()
      assert.equal(report.isSettled(), true)
    })
  }

  test('reports the changes that come after the start of the current report', async (context) => {
    const { clock, reporter, sent, set } = started(context)
    await clock.advance(0)
    set(2)
    const report = watched(reporter.report())
    await settled()
    assert.equal(sent.length, 1)
    acknowledge(sent)
    await settled()
    assert.deepEqual(sent.map(outline), ['report 0: 1', 'report 1: 2'])
    assert.equal(report.isSettled(), false)
    acknowledge(sent)
    await settled()
    assert.equal(report.isSettled(), true)
  })

  test('waits for a collection that is under way', async (context) => {
    const collections: (() => void)[] = []
    const { clock, reporter, sent, set } = started(context, {
      collect: (read) => {
        const metrics = read()
        return new Promise((resolve) => collections.push(() => resolve(metrics)))
      },
    })
    await clock.advance(0)
    set(2)
    reporter.report()
    await settled()
    assert.equal(collections.length, 1)
    collections[0]?.()
    await settled()
    acknowledge(sent)
    await settled()
    collections[1]?.()
    await settled()
    assert.deepEqual(sent.map(outline), ['report 0: 1', 'report 1: 2'])
  })

  test('resolves when the transport never acknowledges the report', async (context) => {
    keepAlive(context)
    const { clock, reporter } = started(context, { limits: { reportTimeoutMs: 5 } })
    await clock.advance(0)
    await reporter.report()
  })

  test('resolves at once when the reporter stops', async (context) => {
    const { reporter } = started(context)
    const report = watched(reporter.report())
    await settled()
    reporter.stop()
    await settled()
    assert.equal(report.isSettled(), true)
  })

  test('resolves at once on a reporter that is stopped, and sends nothing', async (context) => {
    const { reporter, sent } = started(context)
    reporter.stop()
    const report = watched(reporter.report())
    await settled()
    assert.equal(report.isSettled(), true)
    assert.deepEqual(sent, [])
  })
})

describe('Reporter.stop()', () => {
  test('ends all reports', async (context) => {
    const { clock, reporter, sent } = started(context)
    reporter.stop()
    reporter.flush()
    await clock.advance(2 * reportTimeoutMs)
    assert.deepEqual(sent, [])
  })

  test('ends the timer of the interval', async (context) => {
    const { clock, reporter } = started(context)
    await clock.advance(0)
    assert.equal(clock.pending, 1)
    reporter.stop()
    assert.equal(clock.pending, 0)
  })

  test('discards a collection that is under way', async (context) => {
    let finish = (): void => {}
    const { clock, reporter, sent } = started(context, {
      collect: (read) =>
        new Promise((resolve) => {
          finish = () => resolve(read())
        }),
    })
    await clock.advance(0)
    reporter.stop()
    finish()
    await clock.advance(reportTimeoutMs)
    assert.deepEqual(sent, [])
  })

  test('stays stopped when the transport acknowledges a report late', async (context) => {
    const { clock, reporter, sent, set } = started(context)
    await clock.advance(0)
    reporter.stop()
    acknowledge(sent)
    set(2)
    reporter.flush()
    await reporter.report()
    assert.equal(sent.length, 1)
  })
})

type Read = () => readonly Metric[]
type Collect = (read: Read) => Promise<readonly Metric[]>

interface Sent {
  readonly kind: 'report' | 'last'
  readonly report: Report
  readonly done: (error?: unknown) => void
}

interface Started {
  readonly clock: ManualClock
  readonly reporter: Reporter
  readonly sent: Sent[]
  /** The files of last reports: whether the report was sent, the sequence and the values. */
  readonly left: string[]
  readonly faults: string[]
  readonly set: (value: number) => void
  readonly setAttributes: (attributes: Attributes) => void
  readonly setSeries: (count: number) => void
}

function started(
  context: TestContext,
  {
    collect = async (read) => read(),
    leaves = false,
    onRead = () => {},
    limits = {},
  }: {
    readonly collect?: Collect
    readonly leaves?: boolean
    readonly onRead?: () => void
    readonly limits?: Partial<ReporterLimits>
  } = {},
): Started {
  const clock = new ManualClock()
  const [sent, faults]: [Sent[], string[]] = [[], []]
  let points: Metric['points'] = [{ attributes: {}, value: 1 }]
  const read: Read = () => {
    onRead()
    return [{ descriptor, points }]
  }
  const options = optionsFor(sent, read)
  const left: string[] = []
  const leave = (text: string, isSent: boolean): void => {
    const report = parseReport(text) ?? assert.fail(text)
    left.push(outline({ kind: isSent ? 'sent' : 'unsent', report }))
  }
  const reporter = new Reporter({
    ...options,
    transport: { ...options.transport, ...(leaves && { leave }) },
    clock,
    collect: () => collect(read),
    onFault: (part) => faults.push(part),
    limits: { ...relayLimits, ...limits },
  })
  context.after(() => reporter.stop())
  return {
    ...{ clock, reporter, sent, left, faults },
    set: (value) => {
      points = points.map((point) => ({ ...point, value }))
    },
    setAttributes: (attributes) => {
      points = points.map((point) => ({ ...point, attributes }))
    },
    setSeries: (count) => {
      points = Array.from({ length: count }, (_, id) => ({ attributes: { id }, value: id }))
    },
  }
}

const descriptor = {
  ...{ name: 'orders', kind: 'counter', unit: '', description: '', scope: 'shop' },
} as const satisfies Metric['descriptor']

function optionsFor(sent: Sent[], read: Read): ReporterOptions {
  const push = (kind: Sent['kind'], text: string, done: Sent['done'] = () => {}): void => {
    if (text === failedReport) return
    sent.push({ kind, report: parseReport(text) ?? assert.fail(text), done })
  }
  return {
    transport: {
      send: (text, done) => push('report', text, done),
      sendLast: (text) => {
        push('last', text)
        return true
      },
    },
    source: () => source,
    collect: async () => read(),
    collectNow: read,
    onFault: (part) => assert.fail(part),
  }
}

/** For example `report 3: 2`: the kind, the sequence and the values. */
function outline({ kind, report }: { readonly kind: string; readonly report: Report }): string {
  return `${kind} ${report.sequence}: ${valuesOf(report).map(([, value]) => value)}`
}

function acknowledge(sent: readonly Sent[]): void {
  sent.at(-1)?.done()
}

function watched(promise: Promise<unknown>): { readonly isSettled: () => boolean } {
  let isSettled = false
  promise.finally(() => {
    isSettled = true
  })
  return { isSettled: () => isSettled }
}

/** Timers that keep the process alive. */
function activeTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
}

function keepAlive(context: TestContext): void {
  const timer = setInterval(() => {}, 1_000)
  context.after(() => clearInterval(timer))
}
