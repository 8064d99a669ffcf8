import type { Variables } from '../../collect/cluster/worker-variables.ts'
import { memoryVariable } from '../../config/variables.ts'
import {
  closeMemory,
  createMemory,
  encodeMemory,
  type HandedMemory,
} from '../../crash-file/memory/handed-memory.ts'
import type { ToThread } from '../../exporter/thread-message.ts'
import { crashFileLimits } from '../../limits/crash-file.ts'
import { log } from '../../log/log.ts'
import { messageOf } from '../../support/error-message.ts'

interface Kept {
  readonly memory: HandedMemory
  hasEnded: boolean
}

/**
 * The memories in which the workers of this primary keep their counts. This thread has the
 * descriptors, from before the fork until the exporter thread has read the counts of the worker.
 */
export class PrimaryMemories {
  readonly #post: (message: ToThread) => void
  readonly #onFault: (component: string) => void
  /** By fork number; bounded by `crashFileLimits.crashMemories`. */
  readonly #kept = new Map<number, Kept>()

  constructor(post: (message: ToThread) => void, onFault: (component: string) => void) {
    this.#post = post
    this.#onFault = onFault
  }

  /** Makes the memory of a worker, before the fork. @returns the variables for the worker. */
  create(forkNumber: number): Variables {
    if (this.#kept.size >= crashFileLimits.crashMemories) return {}
    const memory = this.#make()
    if (!memory) return {}
    this.#kept.set(forkNumber, { memory, hasEnded: false })
    this.#post({ kind: 'memory', forkNumber, memory })
    return { [memoryVariable]: encodeMemory(memory, process.pid) }
  }

  /** The worker has ended. The exporter thread reads the memory, if there is a thread. */
  ended(forkNumber: number, hasThread: boolean): void {
    const kept = this.#kept.get(forkNumber)
    if (kept) kept.hasEnded = true
    if (!hasThread) this.release(forkNumber)
  }

  release(forkNumber: number): void {
    const kept = this.#kept.get(forkNumber)
    this.#kept.delete(forkNumber)
    if (kept) closeMemory(kept.memory)
  }

  /** Tells a new exporter thread about live workers. The thread learns nothing of ended workers. */
  replay(): void {
    for (const [forkNumber, { memory, hasEnded }] of this.#kept) {
      if (hasEnded) this.release(forkNumber)
      else this.#post({ kind: 'memory', forkNumber, memory })
    }
  }

  #make(): HandedMemory | undefined {
    try {
      return createMemory()
    } catch (error) {
      this.#onFault('crash_memory')
      log.debug(`a worker gets no memory for its counts: ${messageOf(error)}`)
      return undefined
    }
  }
}
