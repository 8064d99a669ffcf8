import type { Hang, HangState, Standstill } from '../../model/hang.ts'

/** The kernel's figures of a process. */
export interface OutsideFigures {
  /** One letter of proc(5), for example `R`. */
  readonly processState: string
  /** Undefined before the second reading. 100 means a full core. */
  readonly cpuPercent: number | undefined
  readonly userSeconds: number
  readonly systemSeconds: number
  /** Undefined where the size of a page is unknown. */
  readonly memoryBytes: number | undefined
}

/** A worker whose last sign of life is older than `stateLimits.hangAfterMs`. */
export type Silence =
  | {
      readonly kind: HangState
      /** Undefined where the system does not show the process. */
      readonly figures: OutsideFigures | undefined
    }
  /** The process has ended. The primary has not seen the end yet. */
  | { readonly kind: 'gone' }

/** The kernel's figures; undefined for a worker that reports or has ended. */
export function figuresOf(silence: Silence | undefined): OutsideFigures | undefined {
  return silence && 'figures' in silence ? silence.figures : undefined
}

/**
 * Null for a worker that reports or has ended. A stack alone shows a standstill, too.
 * @param seconds since the last sign of life; null before the first report.
 * @param stack null where no stack was taken.
 */
export function standstillOf(
  silence: Silence | undefined,
  seconds: number | null,
  stack: Hang | null,
): Standstill | null {
  const state = silence?.kind ?? (stack ? 'hanging' : 'gone')
  if (state === 'gone') return null
  return {
    state,
    seconds: seconds ?? stack?.seconds ?? 0,
    heldBy: stack?.heldBy ?? null,
    stack: stack?.stack ?? null,
  }
}
