import { masterLimits } from '../../limits/master.ts'

/** The heartbeats of a worker, as far as the master has read them. */
export class Heartbeat {
  readonly #now: () => number
  #lastAt: number
  #hasBeaten = false
  /** Until then, silence has no consequence. */
  #suspendedUntil = Number.NEGATIVE_INFINITY

  constructor(now: () => number) {
    this.#now = now
    this.#lastAt = now()
  }

  get hasBeaten(): boolean {
    return this.#hasBeaten
  }

  beat(): void {
    this.#lastAt = this.#now()
    this.#hasBeaten = true
  }

  /** Starts the silence over, when the master has read nothing for a while. */
  restart(now: number): void {
    this.#lastAt = now
  }

  /** While a heap snapshot stops the worker, or an operator looks at a worker that hangs. */
  suspend(untilMs: number): void {
    this.#suspendedUntil = untilMs
  }

  /** Silence counts again, also the silence so far. */
  resume(): void {
    this.#suspendedUntil = Number.NEGATIVE_INFINITY
  }

  isSuspended(now: number): boolean {
    return now < this.#suspendedUntil
  }

  silenceMs(now: number): number {
    return now - this.#lastAt
  }
}

/** What a master asks the exporter of its process about the workers. */
export interface ExporterView {
  /** Whether the exporter logs the ends of workers that are not graceful. */
  readonly tellsDeaths: () => boolean
  /** The code that holds the worker's event loop, if known. Undefined: no stacks are taken. */
  readonly heldBy: ((forkNumber: number, pid: number) => string | undefined) | undefined
}

/** A worker without a heartbeat. */
export interface SilentWorker {
  readonly forkNumber: number
  readonly pid: number | undefined
  /** Time after the timeout, milliseconds. */
  readonly lateMs: number
}

/** @returns the log line about a worker that must end; undefined for a worker that must not yet. */
export function timeoutLine(
  { forkNumber, pid, lateMs }: SilentWorker,
  { heldBy }: ExporterView,
): { readonly text: string; readonly heldBy: string | undefined } | undefined {
  if (lateMs <= 0) return undefined
  const text = `WORKER TIMEOUT (pid:${pid})`
  if (!heldBy) return { text, heldBy: undefined }
  const holder = heldBy(forkNumber, pid ?? 0)
  if (holder !== undefined) return { text: `${text}, held by ${holder}`, heldBy: holder }
  // On a busy host, the stack can need more time than the timeout leaves.
  return lateMs > masterLimits.stackMs ? { text, heldBy: undefined } : undefined
}
