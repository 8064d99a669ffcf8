import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { livePageLimits } from '../../../src/limits/tools/live-page.ts'
import { openLivePage } from '../../support/browser/opened.ts'
import { eventually, startApp } from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { hangStacks, hold } from '../../support/programs/hanging.ts'
import { load } from '../../support/programs/load.ts'

const file = 'apps/cluster/cluster.cjs'

describe('The live page', () => {
  test('shows requests as they arrive', async (given) => {
    const opened = await openLivePage(given)
    if (!opened) return
    const { page, faults, port } = opened
    await load({ port, paths: ['/', '/fail/no'], count: 60, connections: 4 })
    const routes = page.locator('#routes')
    await routes.getByText('GET /fail/no').waitFor()
    await page.locator('#workers tbody tr[data-state=running]').first().waitFor()
    assert.equal(await page.locator('#workers tbody tr').count(), 2)
    const before = await pictureOf(page)
    await load({ port, paths: ['/'], count: 60, connections: 4 })
    await eventually(async () => assert.notEqual(await pictureOf(page), before))
    const count = routes
      .locator('tr', { has: page.getByText('GET /', { exact: true }) })
      .locator('td')
      .nth(1)
    await eventually(async () => assert.equal(await count.textContent(), '90'))
    assert.deepEqual(faults, [])
  })

  test('shows a hanging worker in red, with the stack of its event loop', async (given) => {
    const opened = await openLivePage(given, { app: { file, env: hangStacks } })
    if (!opened) return
    const { page, faults, port } = opened
    await page.locator('#workers tbody tr').nth(1).waitFor()
    const begin = performance.now()
    void hold(port, '/hang')
    const row = page.locator('#workers tr[data-state=hanging]')
    await row.waitFor()
    given.diagnostic(`red after ${((performance.now() - begin) / 1_000).toFixed(1)} s`)
    assert.match((await row.textContent()) ?? '', /hanging/)
    const [hanging, running] = await Promise.all([
      colorOf(row.locator('.state')),
      colorOf(page.locator('#workers tr[data-state=running] .state')),
    ])
    assert.notEqual(hanging, running)
    await page.locator('#workers pre', { hasText: 'blockFor' }).waitFor()
    await page.locator('#notices', { hasText: '1 worker hangs' }).waitFor()
    await eventually(async () => {
      assert.match((await page.locator('#announcer').textContent()) ?? '', /worker_\d+_\d+ hangs/)
    })
    assert.deepEqual(faults, [])
  })

  test('shows a death with its error and stack', async (given) => {
    const opened = await openLivePage(given)
    if (!opened) return
    const { page, faults, port } = opened
    void hold(port, '/throw')
    const deaths = page.locator('#deaths')
    await deaths.getByRole('button', { name: 'Show error' }).click()
    await deaths.getByText('thrown by a handler').first().waitFor()
    await deaths.locator('pre', { hasText: 'cluster.cjs' }).waitFor()
    assert.deepEqual(faults, [])
  })

  test('shows the text of a metric that the reader searches', async (given) => {
    const opened = await openLivePage(given)
    if (!opened) return
    const { page, faults } = opened
    await page.getByRole('searchbox', { name: 'Search metrics' }).fill('worker_requests_total')
    await page.getByRole('button', { name: 'gunicorn_worker_requests_total' }).click()
    await page.locator('#metrics pre', { hasText: '# TYPE gunicorn_worker_requests' }).waitFor()
    assert.deepEqual(faults, [])
  })

  test('is one document within its bound, with the licence of uPlot', async (given) => {
    const context = latestFirst(given)
    const app = await startApp({ file })
    context.after(app.stop)
    await eventually(() => app.page())
    const headers = { accept: 'text/html', 'accept-encoding': 'gzip' }
    const response = await fetch(new URL('/', app.metricsUrl), { headers })
    const html = await response.text()
    const size = Number(response.headers.get('content-length'))
    assert.equal(response.headers.get('content-encoding'), 'gzip')
    assert.ok(size > 10_000 && size <= livePageLimits.documentBytes, `${size} bytes`)
    given.diagnostic(`the document has ${size} bytes with gzip`)
    assert.match(html, /uPlot: The MIT License[\s\S]*Leon Sorokin/)
    assert.doesNotMatch(html, / (?:src|href|style)="(?!#|data:|metrics)/)
  })
})

/** The pixels of the first plot. */
async function pictureOf(page: Page): Promise<unknown> {
  return await page.evaluate(() => document.querySelector('canvas')?.toDataURL())
}

async function colorOf(locator: Locator): Promise<string> {
  return await locator.first().evaluate((node) => getComputedStyle(node).color)
}
