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
import { mappedMemoryRefusal } from '../../mapped-memory/addon.ts'
import { messageOf } from '../../support/error-message.ts'

interface Kept {
  readonly memory: HandedMemory
  /** `made`: the worker may not have started yet. */
  state: 'made' | 'live' | 'ended'
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
  /** Why a worker got no memory: half a sentence. */
  #refusal: string | undefined

  constructor(post: (message: ToThread) => void, onFault: (component: string) => void) {
    this.#post = post
    this.#onFault = onFault
  }

  /**
   * Makes the memory of a worker, before the fork. Two hooks call this method for the first workers
   * of `run` if the process of `run` also has the preload.
   * @returns the variables for the worker.
   */
  create(forkNumber: number): Variables {
    const memory = this.#kept.get(forkNumber)?.memory ?? this.#make()
    if (!memory) return {}
    if (!this.#kept.has(forkNumber)) this.#kept.set(forkNumber, { memory, state: 'made' })
    return { [memoryVariable]: encodeMemory(memory, process.pid) }
  }

  /** The worker has started. */
  forked(forkNumber: number): void {
    const kept = this.#kept.get(forkNumber)
    if (!kept) return
    kept.state = 'live'
    this.#post({ kind: 'memory', news: { forkNumber, memory: kept.memory } })
  }

  /** The worker has ended. The exporter thread reads the memory, if there is a thread. */
  ended(forkNumber: number, hasThread: boolean): void {
    const kept = this.#kept.get(forkNumber)
    if (kept) kept.state = 'ended'
    if (!hasThread) this.release(forkNumber)
  }

  release(forkNumber: number): void {
    const kept = this.#kept.get(forkNumber)
    this.#kept.delete(forkNumber)
    if (kept) closeMemory(kept.memory)
  }

  /** The exporter thread has crashed: no thread reads the memories of workers that ended before. */
  releaseEnded(): void {
    for (const [forkNumber, { state }] of this.#kept) {
      if (state === 'ended') this.release(forkNumber)
    }
  }

  /** Tells a new exporter thread about live workers. The thread learns nothing of ended workers. */
  replay(): void {
    this.releaseEnded()
    const refusal = this.#refusal
    if (refusal !== undefined) this.#post({ kind: 'memory', news: { refusal } })
    for (const [forkNumber, { memory, state }] of this.#kept) {
      if (state === 'live') this.#post({ kind: 'memory', news: { forkNumber, memory } })
    }
  }

  #make(): HandedMemory | undefined {
    const { crashMemories } = crashFileLimits
    if (this.#kept.size >= crashMemories) {
      return this.#refuse(`the primary has ${crashMemories} workers with counts in memory`)
    }
    try {
      return createMemory() ?? this.#refuse(mappedMemoryRefusal() ?? 'the addon is missing')
    } catch (error) {
      this.#onFault('crash_memory')
      return this.#refuse(messageOf(error))
    }
  }

  /** Tells each reason once. */
  #refuse(reason: string): undefined {
    if (reason === this.#refusal) return
    this.#refusal = reason
    log.debug(`workers get no memory for their counts: ${reason}`)
    this.#post({ kind: 'memory', news: { refusal: reason } })
  }
}
