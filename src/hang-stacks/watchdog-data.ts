import type { WorkersDirectory } from '../files/workers-directory.ts'

/** Data at the start of a watchdog thread. */
export interface WatchdogData {
  readonly pid: number
  /** A standstill of this length is a stall, milliseconds. */
  readonly stallMs: number
  /** Pause between two checks and between two heartbeats, milliseconds. */
  readonly checkMs: number
  /** Shared memory of `sharedInts` integers. */
  readonly shared: SharedArrayBuffer
  readonly destination: HangDestination
  /** Directory of this package. */
  readonly ownDirectory: string
}

/** Where the stack goes. The main thread stands still, so the watchdog needs a way of its own. */
export type HangDestination =
  /** A cluster worker: a file in the private directory of the primary. */
  | {
      readonly kind: 'file'
      readonly directory: WorkersDirectory
      readonly forkNumber: number
    }
  /** A process with an exporter thread: a `BroadcastChannel` of this name. */
  | { readonly kind: 'channel'; readonly name: string }

/** From a watchdog to its main thread. */
export type FromWatchdog =
  /** A stack could not be taken or written. */
  | { readonly kind: 'fault' }
  /** The process forbids the inspector: there will be no stacks. */
  | { readonly kind: 'refused'; readonly reason: string }

/** Places in the shared memory. */
export const beatAt = 0
/** 1 while a debugger can connect to the process. */
export const inspectorAt = 1
/** Stalls so far. */
export const stallsAt = 2
export const sharedInts = 3
