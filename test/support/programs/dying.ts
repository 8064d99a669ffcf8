import assert from 'node:assert/strict'
import { sum } from '../prometheus/page.ts'
import { type App, eventually, fetchText, startApp } from './app.ts'
import { get } from './load.ts'

/* The clustered server whose workers die in many ways. */

export interface ShownError {
  readonly name: string
  readonly message?: string | null
  readonly stack?: string
  readonly details?: string
}

export interface ShownDeath {
  readonly pid: number
  readonly reason: string
  readonly certainty: string
  readonly restartType: string
  readonly signal: string | null
  readonly memoryBytes: number | null
  readonly error: ShownError | null
}

/** Texts of our lines about ended workers on stderr, each from the reason to the code. */
export function deathLines({ stderr }: Pick<App, 'stderr'>): string[] {
  const line = /^gunicorn-\S+: Worker \S+ \(pid:\d+\) ended: (.*) \(GPE_WORKER_DIED\)$/gm
  return [...stderr().matchAll(line)].map(([, text = '']) => text)
}

export async function deaths({ metricsUrl }: Pick<App, 'metricsUrl'>): Promise<ShownDeath[]> {
  return JSON.parse(await fetchText(metricsUrl.replace(/metrics$/, 'status'))).deaths
}

export async function withDying(
  env: Readonly<Record<string, string>>,
  act: (app: App, port: number) => Promise<void>,
  nodeArgs: readonly string[] = [],
): Promise<void> {
  const file = 'apps/cluster/dying.cjs'
  const app = await startApp({ file, env: { WORKERS: '2', ...env }, nodeArgs })
  try {
    await act(app, await app.ready())
  } finally {
    await app.stop()
  }
}

/** Lets a worker die in this way. Waits for the record of the death. */
export async function die(app: App, port: number, way: string): Promise<ShownDeath> {
  await eventually(async () => {
    const page = await app.page()
    assert.equal(sum(page, 'gunicorn_master_workers', { state: 'listening' }), 2)
  })
  const before = (await deaths(app)).length
  await get(port, `/${way}`).catch(() => {})
  return await eventually(async () => {
    const death = (await deaths(app))[before]
    assert.ok(death, `no death by ${way}`)
    return death
  })
}
