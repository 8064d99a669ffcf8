import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import {
  type Browser,
  type BrowserContextOptions,
  chromium as driver,
  type Page,
} from 'playwright-core'
import type { Belongings } from '../programs/belongings.ts'
import { chromium, need } from '../tools.ts'

/** A page in a real browser, with what went wrong in the page. */
export interface Visit {
  readonly page: Page
  /** Errors and warnings of the console, violations of the policy, requests to other origins. */
  readonly faults: readonly string[]
}

export interface VisitOptions extends BrowserContextOptions {
  readonly width?: number
}

/** Starts the browser, or skips the test without a browser. */
export async function startBrowser(context: Belongings): Promise<Browser | undefined> {
  const path = need(context, chromium())
  if (path === undefined) return undefined
  const browser = await driver.launch({
    executablePath: await pathOf(path),
    // The browser's sandbox needs rights that root in a container lacks.
    chromiumSandbox: false,
    args: ['--disable-dev-shm-usage'],
  })
  context.after(() => browser.close())
  return browser
}

/** Opens the live page of an endpoint. @param metricsUrl the address of its metrics. */
export async function visitLivePage(
  browser: Browser,
  metricsUrl: string,
  { width = 1_280, ...options }: VisitOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, ...options })
  const page = await context.newPage()
  const faults: string[] = []
  const { origin } = new URL(metricsUrl)
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(message.text())
  })
  page.on('pageerror', (error) => faults.push(String(error.stack)))
  page.on('request', (request) => {
    const url = request.url()
    if (new URL(url).origin !== origin && !url.startsWith('data:')) faults.push(`request to ${url}`)
  })
  await page.addInitScript({
    content: `document.addEventListener('securitypolicyviolation', (event) =>
      console.error('violation of ' + event.violatedDirective + ': ' + event.blockedURI))`,
  })
  await page.goto(new URL('/', metricsUrl).href)
  return { page, faults }
}

/** Findings of the accessibility checker axe. Its types need a browser's types. */
interface Findings {
  readonly passes: readonly unknown[]
  readonly violations: readonly {
    readonly id: string
    readonly impact: string | null
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
  }[]
}

/** Serious and critical findings of the accessibility checker, each as a line. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  const checker = fileURLToPath(import.meta.resolve('axe-core/axe.min.js'))
  await page.evaluate(await readFile(checker, 'utf8'))
  const { violations, passes } = (await page.evaluate('axe.run()')) as Findings
  if (passes.length < 15) throw new Error(`axe checked ${passes.length} rules only.`)
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  return grave.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)}: ${failureSummary}`),
  )
}

/** Columns of the page that do not fit into the window. */
export async function overflow(page: Page): Promise<number> {
  return Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'))
}

/** The driver takes no name of the PATH. */
async function pathOf(name: string): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', ['-c', 'command -v "$0"', name])
  return stdout.trim()
}
