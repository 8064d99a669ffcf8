import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { readPushes } from '../otel/otlp-file.ts'
import { type App, eventually, startApp } from '../programs/app.ts'
import { load } from '../programs/load.ts'
import { select, sum } from '../prometheus/page.ts'

/** How the processes of `apps/cluster/group-end.cjs` end at a signal to all of them. */
export interface GroupEnd {
  readonly signal: 'SIGTERM' | 'SIGINT'
  /** See the head of the fixture. */
  readonly worker: 'none' | 'exit' | 'late' | Drain
  readonly primary: 'none' | 'exit' | 'late' | 'wait'
}

/** Ends with messages of `node:cluster` from the worker to its primary. */
export const drains = [
  'drain',
  'closed-exit',
  'closed-disconnect',
  'closed-channel',
  'kill',
] as const

type Drain = (typeof drains)[number]

export function nameOf({ signal, worker, primary }: GroupEnd): string {
  return `${signal}-workers-${worker}-primary-${primary}`
}

export interface GroupEndOptions extends GroupEnd {
  readonly env: Readonly<Record<string, string>>
  /** Requests, each of which has an answer before the signal. */
  readonly requests: number
  /** The file to preload. Default: the built package. */
  readonly preload?: string | undefined
  /** Called when the cluster serves, before the first request. */
  readonly onReady?: (app: App) => Promise<void>
}

export interface GroupEndResult {
  readonly pid: number
  readonly code: number | null
  readonly signal: string | null
  /** From the signal to the end of the primary, milliseconds. */
  readonly tookMs: number
  readonly stderr: string
}

/** Starts the cluster, sends requests, and then a signal to all processes at once. */
export async function endGroupBySignal(options: GroupEndOptions): Promise<GroupEndResult> {
  const { signal, worker, primary, env, requests, preload, onReady } = options
  const app = await startApp({
    file: 'apps/cluster/group-end.cjs',
    env: { ...env, WORKER_END: worker, PRIMARY_END: primary },
    ...(preload !== undefined && { preload: 'none', nodeArgs: ['--require', preload] }),
  })
  try {
    const port = await app.ready()
    await onReady?.(app)
    await load({ port, paths: ['/'], count: requests, connections: 4 })
    const { pid = 0 } = app.child
    const exited = once(app.child, 'exit')
    const began = performance.now()
    process.kill(-pid, signal)
    await exited
    const tookMs = performance.now() - began
    const end = await app.ended
    return { pid, ...end, tookMs, stderr: app.stderr() }
  } finally {
    await app.stop()
  }
}

/** Totals of the whole cluster. */
export interface Totals {
  readonly requests: number
  /** A counter of the application. */
  readonly orders: number
}

/** The sums of the last pushes of these processes. */
export async function pushedTotals(file: string, pids: readonly number[]): Promise<Totals> {
  // The Collector writes the file a moment after its response.
  await sleep(300)
  const pushes = await readPushes(file)
  const points = pids.flatMap((pid) => {
    const own = pushes.filter(({ resource }) => resource['process.pid'] === String(pid))
    return own.at(-1)?.points ?? []
  })
  const total = (name: string): number =>
    points.reduce((all, point) => (point.name === name ? all + point.value : all), 0)
  return { requests: total('gunicorn_worker_requests_total'), orders: total('orders') }
}

/** The totals that the page of a successor shows before its own first request. */
export async function inheritedTotals(app: App, service: string): Promise<Totals> {
  const page = await eventually(async () => {
    const samples = await app.page()
    // Between two runs, the program of another test can take the port for a while.
    if (select(samples, 'target_info', { service_name: service }).length === 0)
      throw new Error('the page of another program')
    // Without a name in Redis, the page shows no own metric.
    if (Number.isNaN(sum(samples, 'gunicorn_master_workers'))) throw new Error('no name yet')
    return samples
  })
  return {
    requests: sum(page, 'gunicorn_worker_requests_total') || 0,
    orders: sum(page, 'orders_total') || 0,
  }
}
