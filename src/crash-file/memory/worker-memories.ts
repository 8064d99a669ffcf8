import { fstatSync, readSync } from 'node:fs'
import type { CrashCounts } from '../reader.ts'
import type { CrashFiles } from '../store.ts'
import { type HandedMemory, isMemory } from './handed-memory.ts'
import { memoryBytes } from './memory-layout.ts'
import { parseMemory } from './memory-reader.ts'

export interface WorkerMemoriesOptions {
  /** The files of workers that cannot use their memory. */
  readonly files: CrashFiles | undefined
  /** Called when the memory of an ended worker is not needed any more. */
  readonly onRelease: (forkNumber: number) => void
}

/** In the exporter thread of a primary: what workers leave for the case of a sudden end. */
export class WorkerMemories {
  readonly #files: CrashFiles | undefined
  readonly #onRelease: (forkNumber: number) => void
  /** By fork number. Each leaves at the end of its worker. */
  readonly #memories = new Map<number, HandedMemory>()

  constructor({ files, onRelease }: WorkerMemoriesOptions) {
    this.#files = files
    this.#onRelease = onRelease
  }

  add(forkNumber: number, memory: HandedMemory): void {
    this.#memories.set(forkNumber, memory)
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

/** Reads, because a mapping of a foreign descriptor could raise SIGBUS. */
function readMemory(memory: HandedMemory): CrashCounts | 'unused' | 'refused' {
  const { descriptor } = memory
  try {
    const found = fstatSync(descriptor)
    if (!isMemory(memory, found) || found.size !== memoryBytes) return 'unused'
    return parseMemory((at, length) => {
      const bytes = new Uint8Array(length)
      const read = readSync(descriptor, bytes, 0, length, at)
      if (read !== length) throw new Error('the memory is not whole')
      return bytes
    })
  } catch {
    // The application has closed the descriptor.
    return 'unused'
  }
}
