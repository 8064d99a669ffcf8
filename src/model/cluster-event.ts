import type { MasterReason } from './signal.ts'
import type { EndCause } from './worker-cause.ts'

/** What the primary sees happen to its workers; times are Unix milliseconds. */
export type ClusterEvent =
  | {
      readonly kind: 'forked'
      readonly forkNumber: number
      readonly at: number
      /** Undefined where the system refused to make the process. */
      readonly pid?: number | undefined
    }
  | { readonly kind: 'listening'; readonly forkNumber: number }
  | { readonly kind: 'leaving'; readonly forkNumber: number; readonly at: number }
  | {
      readonly kind: 'ended'
      readonly forkNumber: number
      readonly at: number
      /** Null when a signal ended the worker. */
      readonly code: number | null
      readonly signal: string | null
      /** The primary asked it to go. */
      readonly voluntary: boolean
      /** Why the master, where there is one, or the kernel ended it. */
      readonly cause?: EndCause | undefined
    }
  | { readonly kind: 'signal'; readonly reason: MasterReason }
  /** How many workers a master wants. */
  | { readonly kind: 'wanted'; readonly count: number }
