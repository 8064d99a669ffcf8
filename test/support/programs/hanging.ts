import assert from 'node:assert/strict'
import { type App, eventually } from './app.ts'
import { get } from './load.ts'

/** The settings that every test of stacks has. */
export const hangStacks: Readonly<Record<string, string>> = { GUNICORN_HANG_STACKS: '1' }

export interface ShownHang {
  readonly state: string
  readonly seconds: number
  /** Null until the watchdog has taken the stack. */
  readonly heldBy?: string | null
  readonly stack?: string | null
  readonly details?: string
}

export interface HangStatus {
  readonly hang: ShownHang | null
  readonly workers: readonly {
    readonly pid: number
    readonly hang: ShownHang | null
  }[]
  readonly deaths: readonly {
    readonly pid: number
    readonly reason: string
    readonly hang: ShownHang | null
  }[]
}

/** `/status` of a program. @param metricsUrl its page. */
export async function hangStatus(metricsUrl: string): Promise<HangStatus> {
  const response = await fetch(metricsUrl.replace('/metrics', '/status'))
  return (await response.json()) as HangStatus
}

/** Requests a path whose request does not end before the event loop moves again. */
export function hold(port: number, path: string): Promise<string> {
  return get(port, path).then(
    ({ body }) => body,
    () => 'cut',
  )
}

/** The first worker, or process alone, with a stack. */
export function hungWorker({ metricsUrl, stderr }: App): Promise<ShownHang> {
  return eventually(async () => {
    const { workers } = await hangStatus(metricsUrl)
    const hang = workers.find(hasStack)?.hang
    assert.ok(hang, `no worker hangs; stderr: ${stderr()}`)
    return hang
  })
}

/** Whether the stack is there, shown or hidden. */
export function hasStack({ hang }: Pick<HangStatus['workers'][number], 'hang'>): boolean {
  return Boolean(hang?.heldBy ?? hang?.details)
}
