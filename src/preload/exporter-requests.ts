import type { ControlView } from '../exporter/control-view.ts'
import type { WorkersDirectory } from '../files/workers-directory.ts'
import { heldByOf } from '../hang-stacks/process-watchdog.ts'
import type { MasterReason } from '../model/signal.ts'
import type { MountedRequest, MountedResponse } from '../mount/refuse.ts'
import type { ForwarderStatus } from '../share/sharing-status.ts'
import { exporterRuntime, processState } from './process-state.ts'
import type { HandOverSteps } from './thread/hand-over-steps.ts'

/*
 * The questions and requests of a master, and of the public functions, to the exporter of this
 * process.
 */

/** Calls back when a client has got the page; at once if nobody scrapes, or without an exporter. */
export function awaitScrape(done: () => void): void {
  const runtime = exporterRuntime()
  if (runtime) runtime.awaitScrape(done)
  else done()
}

/** The steps of a master's upgrade; `undefined` without an exporter. */
export function handOver(): HandOverSteps | undefined {
  const runtime = exporterRuntime()
  return runtime?.hasLostThread ? undefined : runtime?.handOver
}

/** Whether this process logs the ends of its workers. */
export function tellsDeaths(): boolean {
  const state = processState()
  return state.kind === 'primary' && !state.runtime.hasLostThread
}

/** The code that holds the event loop of a worker; undefined where the worker left no stack. */
export function heldBy(forkNumber: number, pid: number): string | undefined {
  const state = processState()
  if (state.kind !== 'primary' || state.settings.hangStackSeconds === 0) return undefined
  return heldByOf(state.runtime.workersDirectory, { forkNumber, pid })
}

/** The directory for files of workers; undefined without workers or without such files. */
export function workersDirectory(): WorkersDirectory | undefined {
  const state = processState()
  return state.kind === 'primary' ? state.runtime.workersDirectory : undefined
}

/** For the control socket of a master; `undefined` without an exporter or an answer. */
export async function readControlView(): Promise<ControlView | undefined> {
  return await exporterRuntime()?.controlView()
}

/** Counts a signal that the application listens for. Does nothing without an exporter. */
export function takeSignal(reason: MasterReason): void {
  exporterRuntime()?.apply({ kind: 'signal', reason })
}

/** The state of the sharing by Redis; `undefined` if this process shares nothing. */
export async function readForwarderStatus(): Promise<ForwarderStatus | undefined> {
  return await exporterRuntime()?.forwarderStatus()
}

/**
 * Answers a request on a server of the application with the page.
 *
 * @returns `false` if the process has no exporter.
 */
export function answerMountedPage(request: MountedRequest, response: MountedResponse): boolean {
  exporterRuntime()
  const state = processState()
  const page = 'runtime' in state ? state.runtime.page : undefined
  page?.respond(request, response)
  return page !== undefined
}
