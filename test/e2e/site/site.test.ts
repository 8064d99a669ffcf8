import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { checkLinks } from '../../../site/finish/dead-links.ts'
import { type SiteServer, serveSite } from '../../../site/server.ts'
import {
  assertFound,
  behind,
  codeSearches,
  metricSearches,
  optionSearches,
  placesOf,
  settingOptionSearches,
  settingSearches,
} from '../../support/browser/site-searches.ts'
import {
  accessibilityFaults,
  overflow,
  startBrowser,
  type VisitOptions,
  visitLivePage,
} from '../../support/browser/visit.ts'
import type { Belongings } from '../../support/programs/belongings.ts'

/* Builds the site as `npm run site` does, and opens it in a real browser. */

const root = join(import.meta.dirname, '../../..')
const dist = join(root, 'site/dist')
let server: SiteServer | undefined
let browser: Browser | undefined
const stops: (() => unknown)[] = []

/** Names that a person types, and where a result leads. */
const typed = [
  ['PROMETHEUS_METRICS_PORT', '/configuration/#PROMETHEUS_METRICS_PORT'],
  ['redis.ttl_seconds', '/configuration/#REDIS_TTL_SECONDS'],
  ['bindAddress', '/configuration/#PROMETHEUS_BIND_ADDRESS'],
  ['GUNICORN_TIMEOUT', '/configuration/#GUNICORN_TIMEOUT'],
  ['prometheus.max_series', '/configuration/#PROMETHEUS_MAX_SERIES'],
  ['OTEL_SDK_DISABLED', '/configuration/#OTEL_SDK_DISABLED'],
  ['gunicorn_worker_requests_total', '/metrics/#gunicorn_worker_requests_total'],
  ['gunicorn_worker_memory_bytes', '/metrics/#gunicorn_worker_memory_bytes'],
  ['gunicorn_master_workers', '/metrics/#gunicorn_master_workers'],
  ['request_duration_seconds', '/metrics/#gunicorn_worker_request_duration_seconds'],
  ['GPE_FORK_FAILED', '/errors/#gpe_fork_failed'],
  ['open_fds', '/metrics/#gunicorn_worker_open_fds'],
  ['--workers', '/configuration/#GUNICORN_WORKERS'],
  ['--pid', '/cli/#doctor--pid'],
  ['seconds_bucket', '/metrics/#gunicorn_worker_request_duration_seconds'],
] as const

/** Code that scrolls takes the focus as soon as the page is idle. The text runs in the page. */
const focusable = `[...document.querySelectorAll('pre')]
  .every((code) => code.scrollWidth <= code.clientWidth || code.tabIndex === 0)`

/** Pages of each kind. */
const looked = ['', 'run/', 'configuration/', 'metrics/', 'troubleshooting/', 'api/'] as const

before(async () => {
  const command = [join(root, 'site/build.ts')]
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' })
  assert.equal(status, 0, `${stdout}${stderr}`)
  server = await serveSite({ dist, base: '/', port: 0 })
})
after(async () => {
  for (const stop of stops) await stop()
  await server?.stop()
})

describe('The documentation site', () => {
  test('has no dead link', (context) => {
    const { dead, external, checked } = checkLinks(dist, '/')
    context.diagnostic(`${checked} links; addresses of other sites: ${external.join(' ')}`)
    assert.deepEqual(dead, [])
    assert.ok(checked > 5_000)
  })

  test('finds each setting by its variables, its keys and its name in code', async (context) => {
    const page = await visit(context, 'configuration/')
    if (!page) return
    await assertFound(page, { dist, context, searches: settingSearches(), atLeast: 300 })
  })

  test('finds each option of each command, in the long and in the short form', async (context) => {
    const page = await visit(context, 'cli/')
    if (!page) return
    await assertFound(page, { dist, context, searches: optionSearches(), atLeast: 80 })
  })

  test('leads from the option of a setting to its row, too', async (context) => {
    const page = await visit(context, '')
    if (!page) return
    const places = await placesOf(page, settingOptionSearches())
    assert.ok(places.size > 30)
    assert.deepEqual(behind(places, 10), [])
  })

  test('finds each metric, and each sample of a histogram', async (context) => {
    const page = await visit(context, 'metrics/')
    if (!page) return
    await assertFound(page, { dist, context, searches: metricSearches(), atLeast: 80 })
  })

  test('finds each error code', async (context) => {
    const page = await visit(context, 'errors/')
    if (!page) return
    await assertFound(page, { dist, context, searches: codeSearches(), atLeast: 100 })
  })

  test('leads from each typed name to its row', async (context) => {
    const page = await visit(context, '')
    if (!page) return
    await page.locator('button[data-open-modal]:enabled').waitFor()
    await page.keyboard.press('Control+k')
    const field = page.getByRole('dialog').getByRole('textbox')
    for (const [name, anchor] of typed) {
      await field.fill(name)
      await page.locator(`.pagefind-ui__result-link[href="${anchor}"]`).first().waitFor()
    }
    const [, anchor] = typed[0]
    await field.fill(typed[0][0])
    await page.locator(`.pagefind-ui__result-link[href="${anchor}"]`).first().click()
    await page.waitForURL(`**${anchor}`)
    assert.ok(await page.locator(`[id="${anchor.split('#')[1]}"]`).isVisible())
  })

  test('shows its own page for an unknown address', async (context) => {
    const page = await visit(context, '')
    if (!page) return
    const response = await page.context().request.get(`${server?.url}no/such/page/`)
    assert.equal(response.status(), 404)
    assert.ok((await response.text()).includes('Page not found'))
  })

  test('leads the keyboard to the content, and switches the theme', async (context) => {
    const page = await visit(context, 'run/', { colorScheme: 'light' })
    if (!page) return
    await page.keyboard.press('Tab')
    assert.equal(await page.locator(':focus').textContent(), 'Skip to content')
    await page.keyboard.press('Enter')
    assert.ok(page.url().endsWith('#_top'))
    await page.locator('starlight-theme-select select').first().selectOption('dark')
    await page.locator('html[data-theme=dark]').waitFor()
  })

  test('copies a block of code', async (context) => {
    const permissions = ['clipboard-read', 'clipboard-write']
    const page = await visit(context, 'troubleshooting/', { permissions })
    if (!page) return
    await page.locator('.expressive-code .copy button').first().click({ force: true })
    await page.locator('.expressive-code .copy .feedback.show').first().waitFor()
    const text = await page.evaluate(() => navigator.clipboard.readText())
    assert.equal(text, 'npx gunicorn-prometheus-exporter doctor --pid PID')
  })

  for (const path of looked) {
    for (const colorScheme of ['light', 'dark'] as const) {
      test(`has no fault of access on /${path} in the ${colorScheme} theme`, async (context) => {
        const page = await visit(context, path, { colorScheme })
        if (!page) return
        assert.equal(await page.locator('html').getAttribute('data-theme'), colorScheme)
        while (!(await page.evaluate(focusable))) await setTimeout(50)
        assert.deepEqual(await accessibilityFaults(page), [])
      })
    }

    test(`fits a phone of 360 pixels on /${path}`, async (context) => {
      const page = await visit(context, path, { width: 360 })
      if (page) assert.equal(await overflow(page), 0)
    })
  }
})

async function visit(context: Belongings, path: string, options?: VisitOptions) {
  // One browser for all tests of this file.
  const after = (act: () => unknown) => void stops.push(act)
  browser ??= await startBrowser({ after, skip: (message) => context.skip(message) })
  if (!browser || !server) return undefined
  const { page, faults } = await visitLivePage(browser, server.url, options)
  await page.goto(`${server.url}${path}`)
  context.after(async () => {
    await page.context().close()
    assert.deepEqual(faults, [])
  })
  return page
}
