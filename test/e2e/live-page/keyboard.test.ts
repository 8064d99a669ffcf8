import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { openLivePage } from '../../support/browser/opened.ts'
import { eventually } from '../../support/programs/app.ts'
import { load } from '../../support/programs/load.ts'

describe('With the keyboard, the live page', () => {
  test('gives a visible focus to each control, in order', async (given) => {
    const opened = await openLivePage(given)
    if (!opened) return
    const { page, port, faults } = opened
    await load({ port, paths: ['/', '/fail/no'], count: 40, connections: 4 })
    await page.locator('#routes tbody tr').nth(1).waitFor()
    const seen = await walk(page)
    assert.equal(seen[0]?.name, 'Skip to the figures')
    const names = seen.map(({ name }) => name)
    for (const wanted of ['Plots', 'Colors: system', 'Search metrics', 'Filter routes']) {
      assert.ok(names.includes(wanted), `${wanted} is not among ${names.join(' | ')}`)
    }
    assert.ok(seen.filter(({ name }) => name.startsWith('Latency, now')).length === 1)
    assert.ok(names.some((name) => name.startsWith('2xx')))
    assert.ok(names.some((name) => name.startsWith('gunicorn_worker_requests_total')))
    assert.deepEqual(
      seen.filter(({ isVisible }) => !isVisible),
      [],
    )
    assert.deepEqual(faults, [])
  })

  test('sorts a table by Enter and Space', async (given) => {
    const opened = await openLivePage(given)
    if (!opened) return
    const { page } = opened
    await page.locator('#workers tbody tr').nth(1).waitFor()
    const title = page.locator('#workers th', { hasText: 'Worker' }).first()
    assert.equal(await title.getAttribute('aria-sort'), 'ascending')
    await title.getByRole('button').focus()
    await page.keyboard.press('Enter')
    assert.equal(await title.getAttribute('aria-sort'), 'descending')
    await page.keyboard.press('Space')
    assert.equal(await title.getAttribute('aria-sort'), 'ascending')
    const memory = page.locator('#workers th', { hasText: 'Memory' })
    await memory.getByRole('button').focus()
    await page.keyboard.press('Enter')
    assert.equal(await memory.getAttribute('aria-sort'), 'descending')
    assert.equal(await title.getAttribute('aria-sort'), null)
  })

  test('reads a plot, and hides a line', async (given) => {
    const opened = await openLivePage(given)
    if (!opened) return
    const { page } = opened
    const plot = page.locator('figure', { hasText: 'Memory' })
    await plot.getByRole('button', { name: 'worker_1' }).waitFor()
    await eventually(async () => {
      await plot.focus()
      // The newest sample: the first samples of a young worker can be unknown.
      await page.keyboard.press('End')
      const text = (await page.locator('#announcer').textContent()) ?? ''
      assert.match(text, /^\d\d:\d\d:\d\d: .*worker_1 \d+ MB/)
    })
    const newest = await page.locator('#announcer').textContent()
    await eventually(async () => {
      await page.keyboard.press('ArrowLeft')
      assert.notEqual(await page.locator('#announcer').textContent(), newest)
    })
    const line = plot.getByRole('button', { name: 'worker_1' })
    await line.focus()
    await page.keyboard.press('Space')
    assert.equal(await line.getAttribute('aria-pressed'), 'false')
  })
})

interface Stop {
  readonly name: string
  readonly isVisible: boolean
}

/** Presses Tab from the begin of the page to the end. */
async function walk(page: Page): Promise<Stop[]> {
  const stops: Stop[] = []
  for (let count = 0; count < 300; count += 1) {
    await page.keyboard.press('Tab')
    const stop = await page.evaluate(focused)
    if (stop === null) return stops
    stops.push(stop)
  }
  throw new Error('The focus never leaves the page.')
}

function focused(): Stop | null {
  const target = document.activeElement
  if (!(target instanceof HTMLElement) || target === document.body) return null
  const { outlineStyle, outlineWidth } = getComputedStyle(target)
  const { width, height } = target.getBoundingClientRect()
  const hasOutline = outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1
  const name = target.getAttribute('aria-label') ?? target.textContent ?? ''
  return { name: name.trim(), isVisible: hasOutline && width > 0 && height > 0 }
}
