import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openLivePage } from '../../support/browser/opened.ts'
import { startBrowser, visitLivePage } from '../../support/browser/visit.ts'
import { type App, freePort, startApp } from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'

const file = 'apps/cluster/cluster.cjs'
const credentials = { PROMETHEUS_AUTH_USERNAME: 'ops', PROMETHEUS_AUTH_PASSWORD: 'open sesame' }

describe('The live page', () => {
  test('tells that the endpoint is gone, and goes on with the next process', async (given) => {
    const env = { PROMETHEUS_METRICS_PORT: `${await freePort()}` }
    const opened = await openLivePage(given, { app: { file, env } })
    if (!opened) return
    const { page, app } = opened
    await page.locator('#workers tbody tr').nth(1).waitFor()
    await app.stop()
    const notices = page.locator('#notices')
    const sentence = /No answer for \d+ s \(no connection\)\. The figures are of \d\d:\d\d:\d\d\./
    await notices.getByText(sentence).waitFor()
    assert.equal(await page.locator('#connection').textContent(), 'No answer')
    await restarted(given, env)
    await notices.getByText('The exporter started anew').waitFor()
    await notices.getByText(sentence).waitFor({ state: 'hidden' })
    assert.equal(await page.locator('#connection').textContent(), 'Live')
  })

  test('works behind basic authentication, and tells when credentials change', async (given) => {
    const context = latestFirst(given)
    const browser = await startBrowser(context)
    if (!browser) return
    const env = { PROMETHEUS_METRICS_PORT: `${await freePort()}`, ...credentials }
    const app = await startApp({ file, env })
    context.after(app.stop)
    await app.ready()
    const httpCredentials = { username: 'ops', password: 'open sesame' }
    const { page, faults } = await visitLivePage(browser, app.metricsUrl, { httpCredentials })
    await page.locator('#workers tbody tr').nth(1).waitFor()
    assert.deepEqual(faults, [])
    await app.stop()
    await restarted(given, { ...env, PROMETHEUS_AUTH_PASSWORD: 'another' })
    await page.getByText('The endpoint asks for credentials.').waitFor()
    await page.getByRole('button', { name: 'Reload' }).waitFor()
  })

  test('asks no more while its tab is hidden, and asks again at once when shown', async (given) => {
    const opened = await openLivePage(given)
    if (!opened) return
    const { page } = opened
    await page.locator('#workers tbody tr').nth(1).waitFor()
    await page.evaluate(showAs, true)
    await page.locator('#connection[data-state=paused]').waitFor()
    await page.evaluate(showAs, false)
    await page.locator('#connection[data-state=live]').waitFor()
  })

  test('tells that a document of another version needs a reload', async (given) => {
    const opened = await openLivePage(given)
    if (!opened) return
    const { page } = opened
    await page.locator('#workers tbody tr').nth(1).waitFor()
    await page.route('**/live?*', async (route) => {
      const response = await route.fetch()
      await route.fulfill({ json: { ...(await response.json()), version: 2 } })
    })
    await page.getByText('The exporter has another version than this page.').waitFor()
  })

  test('asks on after somebody set the clock of the browser back', async (given) => {
    const opened = await openLivePage(given)
    if (!opened) return
    const { page } = opened
    await page.locator('#workers tbody tr').nth(1).waitFor()
    const setBack = `(() => { const now = Date.now; Date.now = () => now() - 86_400_000 })()`
    await page.route(
      '**/live?*',
      async (route) => {
        await page.evaluate(setBack)
        await route.continue()
      },
      { times: 1 },
    )
    await page.waitForResponse('**/live?*')
    await page.waitForResponse('**/live?*')
  })

  test('tells that it cannot read or show an answer, and shows the next one', async (given) => {
    const opened = await openLivePage(given)
    if (!opened) return
    const { page } = opened
    const row = page.locator('#workers tbody tr').nth(1)
    const live = page.locator('#connection[data-state=live]')
    await row.waitFor()
    await page.route('**/live?*', async (route) => route.fulfill({ json: { version: 1 } }))
    await page.getByText('(the answer is unreadable)').waitFor()
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await live.waitFor()
    // A fault of the page itself: its tables sort with this function.
    await page.evaluate(() => {
      const { toSorted } = Array.prototype
      Array.prototype.toSorted = () => {
        Array.prototype.toSorted = toSorted
        throw new Error('no sorting')
      }
    })
    await page.getByText('(the page cannot show the answer)').waitFor()
    await live.waitFor()
    await row.waitFor()
  })

  test('says why it has no stacks where everyone on the network can look', async (given) => {
    const env = { PROMETHEUS_BIND_ADDRESS: '0.0.0.0' }
    const opened = await openLivePage(given, { app: { file, env } })
    if (!opened) return
    const { page } = opened
    await page.getByText('are hidden: the endpoint asks for no credentials').first().waitFor()
  })
})

async function restarted(
  given: Parameters<typeof openLivePage>[0],
  env: Readonly<Record<string, string>>,
): Promise<App> {
  const app = await startApp({ file, env })
  given.after(app.stop)
  return app
}

/** A tab of a browser without a window is never hidden by itself. */
function showAs(isHidden: boolean): void {
  Object.defineProperty(document, 'hidden', { configurable: true, value: isHidden })
  document.dispatchEvent(new Event('visibilitychange'))
}
