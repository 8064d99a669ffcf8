import { fstatSync, readSync } from 'node:fs'
import type { CountsPlace } from '../counts-place.ts'
import type { CrashCounts } from '../reader.ts'
import type { CrashFiles } from '../store.ts'
import { type HandedMemory, isMemory } from './handed-memory.ts'
import { memoryBytes } from './memory-layout.ts'
import { isInUse, parseMemory, type ReadBytes } from './memory-reader.ts'

export interface WorkerMemoriesOptions {
  /** The files of workers that cannot use their memory. */
  readonly files: CrashFiles | undefined
  /** Why the settings allow no memory: half a sentence. Undefined where they allow memory. */
  readonly refusal?: string | undefined
  /** Called when the memory of an ended worker is not needed any more. */
  readonly onRelease: (forkNumber: number) => void
}

/** The memory of a worker that has started, or why the primary could not make a memory. */
export type MemoryNews =
  | { readonly forkNumber: number; readonly memory: HandedMemory }
  | { readonly refusal: string }

/** In the exporter thread of a primary: what workers leave for the case of a sudden end. */
export class WorkerMemories {
  readonly #files: CrashFiles | undefined
  readonly #onRelease: (forkNumber: number) => void
  #refusal: string | undefined
  /** By fork number. Each leaves at the end of its worker. */
  readonly #memories = new Map<number, HandedMemory>()

  constructor({ files, refusal, onRelease }: WorkerMemoriesOptions) {
    this.#files = files
    this.#refusal = refusal
    this.#onRelease = onRelease
  }

  note(news: MemoryNews): void {
    if ('refusal' in news) this.#refusal = news.refusal
    else this.#memories.set(news.forkNumber, news.memory)
  }

  /** Where a live worker keeps its counts now. Looks at the memory, or for the file. */
  placeOf(forkNumber: number): CountsPlace {
    const memory = this.#memories.get(forkNumber)
    if (memory && usesMemory(memory)) return { place: 'memory', notInMemory: null }
    const refusal = memory ? unused : (this.#refusal ?? noMemory)
    const place = this.#files?.has(forkNumber) ? 'file' : 'nowhere'
    return { place, notInMemory: refusal }
  }

  /** The counts of an ended worker. A worker without memory in use has a file. */
  take(forkNumber: number): ReturnType<CrashFiles['take']> {
    const memory = this.#memories.get(forkNumber)
    const counts = memory ? readMemory(memory) : 'unused'
    if (counts !== 'unused') return counts
    return this.#files?.take(forkNumber) ?? 'missing'
  }

  /** After the last `take` of an ended worker. */
  release(forkNumber: number): void {
    if (this.#memories.delete(forkNumber)) this.#onRelease(forkNumber)
  }
}

const unused = 'the worker does not use the memory that its primary has made'
const noMemory = 'the primary has made no memory for this worker'

function readMemory(memory: HandedMemory): CrashCounts | 'unused' | 'refused' {
  return inMemory(memory, parseMemory) ?? 'unused'
}

function usesMemory(memory: HandedMemory): boolean {
  return inMemory(memory, isInUse) ?? false
}

/**
 * Reads, because a mapping of a foreign descriptor could raise SIGBUS.
 * @returns undefined where the descriptor is something else now.
 */
function inMemory<T>(memory: HandedMemory, look: (read: ReadBytes) => T): T | undefined {
  const { descriptor } = memory
  try {
    const found = fstatSync(descriptor)
    if (!isMemory(memory, found) || found.size !== memoryBytes) return undefined
    return look((at, length) => {
      const bytes = new Uint8Array(length)
      const read = readSync(descriptor, bytes, 0, length, at)
      if (read !== length) throw new Error('the memory is not whole')
      return bytes
    })
  } catch {
    // The application has closed the descriptor.
    return undefined
  }
}
