import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { clearTimeout, setTimeout } from 'node:timers'
import { limits } from '../limits.ts'

/** What lies in a directory and below it. */
export interface Size {
  readonly bytes: number
  readonly files: number
}

/**
 * Measures a directory again and again, away from any scrape. Links are not followed; of more than limits.measuredFiles
 * files the rest is left out.
 */
export class DirectorySize {
  readonly #path: string
  #timer: NodeJS.Timeout | undefined
  #isStopped = false
  #last: Size = nothing

  constructor(path: string, intervalMs: number) {
    this.#path = path
    void this.#measure(intervalMs)
  }

  /** As it was measured last; nothing where there is no such directory. */
  get last(): Size {
    return this.#last
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  async #measure(intervalMs: number): Promise<void> {
    this.#last = await sizeOf(this.#path).catch(() => nothing)
    if (this.#isStopped) return
    this.#timer = setTimeout(() => void this.#measure(intervalMs), intervalMs)
  }
}

const nothing: Size = { bytes: 0, files: 0 }

/** Rejects where the directory itself cannot be read. */
async function sizeOf(path: string): Promise<Size> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  let [bytes, files] = [0, 0]
  for (const entry of entries.slice(0, limits.measuredFiles)) {
    if (!entry.isFile()) continue
    files += 1
    bytes += await bytesOf(join(entry.parentPath, entry.name))
  }
  return { bytes, files }
}

/** One that has gone meanwhile has none. */
async function bytesOf(path: string): Promise<number> {
  try {
    return (await lstat(path)).size
  } catch {
    return 0
  }
}
