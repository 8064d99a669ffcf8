import assert from 'node:assert/strict'
import { request } from 'node:http'
import type { Death } from '../../../src/model/death.ts'
import type { Standstill } from '../../../src/model/hang.ts'
import { type Sample, select } from '../prometheus/page.ts'
import { type App, eventually, fetchText } from './app.ts'

/** The parts of `/status` that describe workers. */
export interface WorkersStatus {
  readonly workers: readonly {
    readonly workerId: string
    readonly pid: number
    readonly state: string
    readonly stateSince: string
    readonly listening: boolean
    readonly ageSeconds: number
    readonly memoryBytes: number | null
    readonly reportAgeSeconds: number | null
    readonly hang: Standstill | null
    readonly kernel: { readonly processState: string; readonly cpuPercent: number | null } | null
  }[]
  readonly deaths: readonly Death[]
}

/**
 * A process in an endless loop uses more, percent. A whole core on a free machine, and a few
 * percent beside many other tests; an idle worker uses half a percent.
 */
export const busyPercent = 2

type Place = Pick<App, 'metricsUrl'>

export async function workersStatus({ metricsUrl }: Place): Promise<WorkersStatus> {
  return JSON.parse(await fetchText(metricsUrl.replace(/metrics$/, 'status')))
}

export async function probe({ metricsUrl }: Place, path: string): Promise<[number, string]> {
  const response = await fetch(metricsUrl.replace('/metrics', path))
  return [response.status, (await response.text()).trimEnd()]
}

/** Sends a request that gets no answer. */
export function sendUnanswered(port: number, path: string): void {
  request({ port, path, agent: false })
    .on('error', () => {})
    .end()
}

/** The workers in this state, by the page. */
export function idsIn(page: readonly Sample[], state: string): string[] {
  return select(page, 'gunicorn_worker_state', { state })
    .filter(({ value }) => value === 1)
    .map(({ labels }) => labels['worker_id'] ?? '')
}

/** Waits until one worker is in this state. Returns its id. */
export async function oneIn(app: Pick<App, 'page'>, state: string): Promise<string> {
  return await eventually(async () => {
    const [id, ...others] = idsIn(await app.page(), state)
    assert.ok(id !== undefined && others.length === 0, `${others.length + (id ? 1 : 0)} ${state}`)
    return id
  })
}

/** The value of the worker's single series; undefined without a series. */
export function seriesValue(
  page: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>>,
): number | undefined {
  const found = select(page, name, labels)
  assert.ok(found.length < 2, `${name} has ${found.length} series`)
  return found[0]?.value
}
