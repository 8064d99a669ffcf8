import type { Settings } from '../config/settings.ts'
import { adoptSettings, readSettings } from './preload-settings.ts'
import type { PrimaryRuntime } from './primary.ts'
import type { WorkerRuntime } from './worker-runtime.ts'

/** What this package does in this process. */
export type State =
  /** The settings are not read yet. */
  | { readonly kind: 'idle' }
  /** The settings switch the exporter off, or are wrong. */
  | { readonly kind: 'off' }
  /** The settings are read. The process has no listening server and no worker yet. */
  | { readonly kind: 'ready'; readonly settings: Settings }
  /** A cluster worker that reports to its primary. */
  | { readonly kind: 'worker'; readonly settings: Settings; readonly runtime: WorkerRuntime }
  /** A process with an exporter thread and without workers. */
  | { readonly kind: 'alone'; readonly settings: Settings; readonly runtime: PrimaryRuntime }
  /** A process with an exporter thread that forks workers. */
  | { readonly kind: 'primary'; readonly settings: Settings; readonly runtime: PrimaryRuntime }

let state: State = { kind: 'idle' }

export function processState(): State {
  return state
}

export function setProcessState(next: State): void {
  state = next
}

/** Sets the settings. A master reads the settings with the command line. */
export function configure(resolved: Settings): void {
  const adopted = adoptSettings(resolved)
  // A process that already listens keeps its exporter thread.
  if (!('runtime' in state)) state = stateOf(adopted)
  else if (adopted) state = { ...state, settings: adopted }
}

/** Reads the settings at the first call. */
export function settings(checksFiles = true): Settings | undefined {
  if (state.kind === 'idle') state = stateOf(readSettings(checksFiles))
  return 'settings' in state ? state.settings : undefined
}

function stateOf(resolved: Settings | undefined): State {
  return resolved ? { kind: 'ready', settings: resolved } : { kind: 'off' }
}

/** Undefined in a worker, and in a process without an exporter. */
export function exporterRuntime(): PrimaryRuntime | undefined {
  return state.kind === 'alone' || state.kind === 'primary' ? state.runtime : undefined
}
