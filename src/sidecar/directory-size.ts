import type { Dirent } from 'node:fs'
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
  let [bytes, files] = [0, 0]
  const directories = [path]
  for (const directory of directories) {
    const entries = await entriesOf(directory, directory === path)
    for (const entry of entries.slice(0, limits.measuredFiles - files)) {
      if (entry.isDirectory()) directories.push(join(directory, entry.name))
      if (entry.isFile()) files += 1
      bytes += entry.isFile() ? await bytesOf(join(directory, entry.name)) : 0
    }
    if (directories.length > limits.measuredFiles) break
  }
  return { bytes, files }
}

async function entriesOf(directory: string, isNeeded: boolean): Promise<Dirent[]> {
  try {
    return await readdir(directory, { withFileTypes: true })
  } catch (error) {
    if (isNeeded) throw error
    // It has gone meanwhile, or is not for us to see.
    return []
  }
}

/** One that has gone meanwhile has none. */
async function bytesOf(path: string): Promise<number> {
  try {
    return (await lstat(path)).size
  } catch {
    return 0
  }
}
