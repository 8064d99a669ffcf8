import { stateLimits } from '../../limits/state.ts'
import { pageSize } from '../../support/process/page-size.ts'
import { hasEnded, type ProcessStat, readProcessStat } from '../../support/process/process-stat.ts'
import type { OutsideFigures } from './silence.ts'

export interface ProcessReadingsOptions {
  readonly pid: number
  /** Start time in the kernel's clock ticks, as the process itself reported. */
  readonly startTicks: string | undefined
  /** Default: reads `/proc/<pid>/stat`. */
  readonly readStat?: ((pid: number) => ProcessStat | undefined) | undefined
}

/** `hidden`: the system does not show this process to us. */
export type ProcessView = OutsideFigures | 'gone' | 'hidden'

interface Reading {
  readonly at: number
  readonly stat: ProcessStat
}

/**
 * The kernel's figures of one process, for a process that does not tell its own. At most one
 * reading each `stateLimits.processReadingMs`.
 */
export class ProcessReadings {
  readonly #options: ProcessReadingsOptions
  readonly #readStat: (pid: number) => ProcessStat | undefined
  /** Whether a reading has shown this process, and no other with the pid. */
  readonly #isVisible: boolean
  #previous: Reading | undefined
  #last: Reading | undefined
  #figures: OutsideFigures | undefined
  #readAt = Number.NEGATIVE_INFINITY
  #hasShownMemory = false

  /** Reads once: a process that is gone later, or hidden from the start, cannot be told apart. */
  constructor(options: ProcessReadingsOptions) {
    this.#options = options
    this.#readStat = options.readStat ?? readProcessStat
    this.#isVisible = this.#read() !== undefined
  }

  /** @param now milliseconds of the monotonic clock. */
  at(now: number): ProcessView {
    if (!this.#isVisible) return 'hidden'
    if (now - this.#readAt >= stateLimits.processReadingMs) this.#update(now)
    return this.#figures ?? 'gone'
  }

  #update(now: number): void {
    const stat = this.#read()
    this.#previous = this.#isRecent(now) ? this.#last : undefined
    this.#last = stat && { at: now, stat }
    this.#readAt = now
    this.#figures = stat && this.#figuresOf(stat)
  }

  /** The use of the processor between two readings far apart says nothing about the present. */
  #isRecent(now: number): boolean {
    return now - this.#readAt <= 2 * stateLimits.processReadingMs
  }

  /** Undefined for an ended process, and for another process with the same pid. */
  #read(): ProcessStat | undefined {
    const { pid, startTicks } = this.#options
    if (startTicks === undefined) return undefined
    const stat = this.#readStat(pid)
    if (!stat || hasEnded(stat) || stat.startTicks !== startTicks) return undefined
    // The kernel frees the memory of a killed process before the process becomes a zombie.
    if (stat.rssPages === 0 && this.#hasShownMemory) return undefined
    this.#hasShownMemory = stat.rssPages > 0
    return stat
  }

  #figuresOf({ state, userSeconds, systemSeconds, rssPages }: ProcessStat): OutsideFigures {
    return {
      processState: state,
      cpuPercent: this.#cpuPercent(),
      userSeconds,
      systemSeconds,
      memoryBytes: bytesPerPage === undefined ? undefined : rssPages * bytesPerPage,
    }
  }

  #cpuPercent(): number | undefined {
    const [previous, last] = [this.#previous, this.#last]
    if (!previous || !last) return undefined
    const seconds = cpuSeconds(last) - cpuSeconds(previous)
    return (100 * Math.max(0, seconds)) / ((last.at - previous.at) / 1_000)
  }
}

const bytesPerPage = pageSize()

function cpuSeconds({ stat }: Reading): number {
  return stat.userSeconds + stat.systemSeconds
}
