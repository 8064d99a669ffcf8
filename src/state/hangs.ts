import type { HangFiles } from '../hang-stacks/hang-files.ts'
import { type HangMessage, movedText, parseHang } from '../hang-stacks/hang-message.ts'
import { hangStackLimits } from '../limits/hang-stacks.ts'
import type { Hang, HungProcess } from '../model/hang.ts'
import { ownForkNumber } from '../relay/report.ts'
import { monotonicNow } from '../support/intrinsics/monotonic-now.ts'
import type { WorkerSnapshot } from './workers/worker-snapshot.ts'

export interface HangsOptions {
  /** Undefined where no worker writes stacks. */
  readonly files: Pick<HangFiles, 'read' | 'remove'> | undefined
  /** Called once for each stall with a stack. */
  readonly onHang: (hung: HungProcess) => void
  /** Milliseconds of a clock that never goes back. Default: `monotonicNow`. */
  readonly now?: () => number
}

type Silent = Pick<WorkerSnapshot, 'forkNumber' | 'workerId' | 'pid'> &
  Pick<WorkerSnapshot, 'ageSeconds' | 'silentSeconds'>

interface Known {
  readonly message: HangMessage
  /** Milliseconds of the clock. */
  readonly foundAt: number
}

/** The stacks of processes whose event loops stand still now. */
export class Hangs {
  readonly #options: HangsOptions
  readonly #now: () => number
  /** By fork number. Size: the live workers, because each report and each end removes an entry. */
  readonly #known = new Map<number, Known>()
  /** The last stall with a log line, by fork number; of live workers. */
  readonly #logged = new Map<number, number>()

  constructor(options: HangsOptions = none) {
    this.#options = options
    this.#now = options.now ?? monotonicNow
  }

  /** Looks for the stacks of workers that are silent. */
  look(workers: readonly Silent[]): void {
    const { files } = this.#options
    for (const worker of files ? workers : []) {
      const { forkNumber, pid } = worker
      if (forkNumber === ownForkNumber || !isSilent(worker)) continue
      const message = files?.read(forkNumber, pid)
      if (message) this.#add(worker, message)
    }
  }

  /** Takes the stack of this process's own main thread from its watchdog. */
  receive(text: unknown): void {
    const message = parseHang(text)
    if (text === movedText) this.reported(ownForkNumber)
    if (message) this.#add({ forkNumber: ownForkNumber, workerId: null }, message)
  }

  /** The process has reported: its event loop moves. */
  reported(forkNumber: number): void {
    this.#known.delete(forkNumber)
  }

  /** Null for a process without a stack. The time grows as long as the process hangs. */
  of(forkNumber: number): Hang | null {
    const known = this.#known.get(forkNumber)
    if (!known) return null
    const { seconds, heldBy, stack } = known.message
    return { seconds: seconds + (this.#now() - known.foundAt) / 1_000, heldBy, stack }
  }

  /** The standstill in which a worker ended; null for a worker that did not hang. */
  end(worker: Silent): Hang | null {
    const { forkNumber, pid, silentSeconds } = worker
    const { files } = this.#options
    const message = files?.read(forkNumber, pid)
    files?.remove(forkNumber)
    const found = this.of(forkNumber)
    this.#known.delete(forkNumber)
    this.#logged.delete(forkNumber)
    if (found) return found
    if (!message) return null
    const { seconds, heldBy, stack } = message
    // A worker that has shown life since then did not hang at its end.
    const isLast = silentSeconds === null || silentSeconds >= seconds
    return isLast ? { seconds: silentSeconds ?? seconds, heldBy, stack } : null
  }

  #add(process: { forkNumber: number; workerId: string | null }, message: HangMessage): void {
    const { forkNumber, workerId } = process
    const { pid, stall, seconds, heldBy, stack } = message
    if (this.#known.get(forkNumber)?.message.stall !== stall) {
      this.#known.set(forkNumber, { message, foundAt: this.#now() })
    }
    if (this.#logged.get(forkNumber) === stall) return
    this.#logged.set(forkNumber, stall)
    this.#options.onHang({ workerId, pid, hang: { seconds, heldBy, stack } })
  }
}

const none: HangsOptions = { files: undefined, onHang: () => {} }

/** A worker that boots has reported nothing yet. */
function isSilent({ ageSeconds, silentSeconds }: Silent): boolean {
  return 1_000 * (silentSeconds ?? ageSeconds) >= hangStackLimits.silenceMs
}
