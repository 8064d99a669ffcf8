import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CDPSession, Page, Route } from 'playwright-core'
import { liveLimits } from '../../../src/limits/tools/live.ts'
import type { LiveDocument, LiveHistory } from '../../../src/model/live/live-document.ts'
import { openLivePage } from '../../support/browser/opened.ts'
import { load } from '../../support/programs/load.ts'

/** Updates after which the history in the page is full. */
const warmUp = liveLimits.samples + 50
const updates = 600
/** What the garbage collector and the just-in-time compiler leave behind, bytes. */
const noise = 2_000_000

test('The live page does not grow over many updates', { timeout: 600_000 }, async (given) => {
  const opened = await openLivePage(given)
  if (!opened) return
  const { page, port, faults } = opened
  await load({ port, paths: ['/', '/fail/no'], count: 40, connections: 4 })
  await page.locator('#routes tbody tr').nth(1).waitFor()
  const cdp = await page.context().newCDPSession(page)
  await page.clock.install()
  await page.route('**/live?*', advanced())
  await update(page, warmUp)
  const before = await sizeOf(cdp)
  await update(page, updates)
  const after = await sizeOf(cdp)
  given.diagnostic(
    `${before.heap} bytes, then ${after.heap}; ${before.nodes} nodes, then ${after.nodes}`,
  )
  assert.ok(after.heap - before.heap < noise, `${before.heap} bytes grew to ${after.heap}`)
  assert.ok(Math.abs(after.nodes - before.nodes) < 200, `${before.nodes} to ${after.nodes} nodes`)
  assert.deepEqual(faults, [])
})

/** Answers with the newest sample of the real document, each time one step later. */
function advanced(): (route: Route) => Promise<void> {
  let captured: LiveDocument | undefined
  let step = 0
  return async (route) => {
    captured ??= (await (await route.fetch()).json()) as LiveDocument
    step += 1
    const history = moved(captured.history, step)
    await route.fulfill({ json: { ...captured, history, now: captured.now + step * 2_000 } })
  }
}

function moved(history: LiveHistory, step: number): LiveHistory {
  const time = (history.times.at(-1) ?? Date.now()) + step * liveLimits.stepMs
  const newest = <T>(column: readonly T[]): T[] => column.slice(-1)
  const ofWorkers = Object.entries(history.workers).map(([key, columns]) => [
    key,
    Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, newest(column)])),
  ])
  return {
    ...history,
    epoch: 'captured',
    last: history.last + step,
    times: [time],
    rates: {
      '1xx': [0],
      '2xx': [step % 50],
      '3xx': [0],
      '4xx': [0],
      '5xx': [1],
      none: [0],
    },
    p50: [0.001],
    p95: [0.002],
    p99: [0.003 + (step % 7) / 1_000],
    workers: Object.fromEntries(ofWorkers),
  }
}

async function update(page: Page, count: number): Promise<void> {
  for (let done = 0; done < count; done += 1) {
    const answered = page.waitForResponse((response) => response.url().includes('/live?'))
    await page.clock.runFor(1_100)
    await answered
  }
}

async function sizeOf(cdp: CDPSession): Promise<{ readonly heap: number; readonly nodes: number }> {
  await cdp.send('HeapProfiler.collectGarbage')
  const { usedSize } = await cdp.send('Runtime.getHeapUsage')
  const { nodes } = await cdp.send('Memory.getDOMCounters')
  return { heap: usedSize, nodes }
}
