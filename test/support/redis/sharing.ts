import type { TestContext } from 'node:test'
import type { ForwarderStatus } from '../../../src/share/sharing-status.ts'
import { type App, type AppOptions, fetchText, startApp } from '../programs/app.ts'
import { load } from '../programs/load.ts'
import { type Sample, select, sum } from '../prometheus/page.ts'
import { type RedisServer, sharing } from './redis.ts'

export const requestTotal = 'gunicorn_worker_requests_total'

/** Starts applications that share metrics by this Redis and end with the test. */
export async function startSharing(
  context: TestContext,
  redis: Pick<RedisServer, 'port'>,
  { number = 1, ...options }: Partial<AppOptions> & { readonly number?: number },
): Promise<App[]> {
  return await Promise.all(
    Array.from({ length: number }, async () => {
      const env = { ...sharing(redis.port), ...options.env }
      const app = await startApp({ file: 'apps/cluster/cluster.cjs', ...options, env })
      context.after(() => app.stop())
      await app.ready()
      return app
    }),
  )
}

/** The part of `/status` about Redis. */
export async function statusOf(app: App): Promise<ForwarderStatus> {
  const text = await fetchText(app.metricsUrl.replace('/metrics', '/status'))
  return (JSON.parse(text) as { exporter: { redis: ForwarderStatus } }).exporter.redis
}

/** Sends `count` requests to the first application, and one more to each further application. */
export async function burden(apps: readonly App[], count: number): Promise<void> {
  await Promise.all(
    apps.map(async (app, index) => {
      const port = await app.ready()
      await load({ port, paths: ['/'], count: count + index, connections: 4 })
    }),
  )
}

/** The request counts of the page by cluster. */
export function countsByInstance(page: readonly Sample[]): Map<string, number> {
  const instances = new Set(
    select(page, requestTotal).map(({ labels }) => labels['instance'] ?? ''),
  )
  return new Map(
    [...instances].map((instance) => [instance, sum(page, requestTotal, { instance })]),
  )
}

/** The request counts of the page, the smallest first. */
export function countsOf(page: readonly Sample[]): number[] {
  return [...countsByInstance(page).values()].sort((one, other) => one - other)
}
