import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { openLivePage } from '../../support/browser/opened.ts'
import { accessibilityFaults, overflow } from '../../support/browser/visit.ts'
import { eventually } from '../../support/programs/app.ts'
import { hangStacks, hold } from '../../support/programs/hanging.ts'
import { load } from '../../support/programs/load.ts'

const app = { file: 'apps/cluster/cluster.cjs', env: hangStacks }

describe('The live page fits, and has no serious finding of axe,', () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [400, 1_600]) {
      test(`in ${colorScheme} colors at ${width} px, with a hang and a death`, async (given) => {
        const opened = await openLivePage(given, { app, visit: { colorScheme, width } })
        if (!opened) return
        const { page, faults, port } = opened
        await load({ port, paths: ['/', '/fail/no'], count: 40, connections: 4 })
        void hold(port, '/throw')
        await page.getByRole('button', { name: 'Show error' }).click()
        void hold(port, '/hang')
        await page.locator('#workers tr[data-state=hanging]').waitFor()
        await page.locator('#workers pre').waitFor()
        assert.ok((await overflow(page)) <= 0, 'the page is wider than the window')
        assert.deepEqual(await accessibilityFaults(page), [])
        const ground = await groundOf(page)
        assert.equal(lightness(ground) > 128, colorScheme === 'light', ground)
        assert.deepEqual(faults, [])
      })
    }
  }
})

describe('The colors of the live page', () => {
  test('follow the switch, also after a reload', async (given) => {
    const opened = await openLivePage(given, { visit: { colorScheme: 'light' } })
    if (!opened) return
    const { page, faults } = opened
    const button = page.getByRole('button', { name: 'Colors' })
    await button.click()
    await button.click()
    assert.equal(await button.textContent(), 'Colors: dark')
    assert.ok(lightness(await groundOf(page)) < 128)
    await page.reload()
    await page.getByText('Colors: dark').waitFor()
    await eventually(async () => assert.ok(lightness(await groundOf(page)) < 128))
    assert.deepEqual(faults, [])
  })
})

async function groundOf(page: Page): Promise<string> {
  return await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
}

/** The mean of red, green and blue, from 0 to 255. */
function lightness(color: string): number {
  const parts = Array.from(color.matchAll(/\d+/g), ([part]) => Number(part)).slice(0, 3)
  return parts.reduce((sum, part) => sum + part, 0) / 3
}
