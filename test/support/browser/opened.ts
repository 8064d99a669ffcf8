import { type App, type AppOptions, startApp } from '../programs/app.ts'
import { type Belongings, latestFirst } from '../programs/belongings.ts'
import { startBrowser, type Visit, type VisitOptions, visitLivePage } from './visit.ts'

export interface Opened extends Visit {
  readonly app: App
  readonly port: number
}

export interface OpenedOptions {
  readonly app?: AppOptions
  readonly visit?: VisitOptions
}

/** Starts an application and opens its live page. Undefined: skipped without a browser. */
export async function openLivePage(
  given: Belongings,
  { app: options = { file: 'apps/cluster/cluster.cjs' }, visit }: OpenedOptions = {},
): Promise<Opened | undefined> {
  const context = latestFirst(given)
  const browser = await startBrowser(context)
  if (browser === undefined) return undefined
  const app = await startApp(options)
  context.after(app.stop)
  const port = await app.ready()
  return { ...(await visitLivePage(browser, app.metricsUrl, visit)), app, port }
}
