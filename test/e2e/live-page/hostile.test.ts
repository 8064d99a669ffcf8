import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openLivePage } from '../../support/browser/opened.ts'
import { eventually } from '../../support/programs/app.ts'
import { hold } from '../../support/programs/hanging.ts'
import { get } from '../../support/programs/load.ts'

test('The live page shows markup of the application as text', async (given) => {
  const opened = await openLivePage(given, { app: { file: 'apps/live-page/hostile.cjs' } })
  if (!opened) return
  const { page, port, faults } = opened
  await get(port, '/')
  const markup = '<img src=x onerror="globalThis.attacked = true">'
  await page.locator('#routes').getByText(`GET /${markup}`, { exact: true }).waitFor()
  await page.locator('#routes .chip', { hasText: '<img' }).first().waitFor()
  void hold(port, '/throw')
  await page.getByRole('button', { name: 'Show error' }).click()
  await eventually(async () => {
    const text = (await page.locator('#deaths').textContent()) ?? ''
    assert.ok(text.includes(`${markup}Error`), text)
  })
  assert.equal(await page.locator('img').count(), 0)
  assert.equal(await page.evaluate(() => 'attacked' in globalThis), false)
  assert.deepEqual(faults, [])
})
