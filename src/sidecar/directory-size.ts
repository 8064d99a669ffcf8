import type { Dirent } from 'node:fs'
import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { clearTimeout, setTimeout } from 'node:timers'
import { sidecarLimits } from '../limits/sidecar.ts'
import { presenceFile } from '../share/directory/sidecar-presence.ts'

/** Size of a directory with all directories below. */
export interface Size {
  readonly bytes: number
  readonly files: number
}

export interface DirectorySizeOptions {
  readonly path: string
  /** Pause between two measurements, milliseconds. */
  readonly intervalMs: number
  /** Default: sidecarLimits.measuredFiles. */
  readonly maxEntries?: number
}

/**
 * Measures a directory at an interval, so that no scrape has to wait. The size leaves out
 * unreadable entries and all entries past sidecarLimits.measuredFiles. Links are not followed.
 */
export class DirectorySize {
  readonly #options: DirectorySizeOptions
  #timer: NodeJS.Timeout | undefined
  #isStopped = false
  #last: Size = nothing

  constructor(options: DirectorySizeOptions) {
    this.#options = options
    void this.#measureAndWait()
  }

  /** The last measurement; zeros where the directory is missing. */
  get last(): Size {
    return this.#last
  }

  /** Measures now, beside the measurements at the interval. Never rejects. */
  async measure(): Promise<void> {
    const { path, maxEntries = sidecarLimits.measuredFiles } = this.#options
    this.#last = await sizeOf(path, maxEntries)
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  async #measureAndWait(): Promise<void> {
    await this.measure()
    if (this.#isStopped) return
    this.#timer = setTimeout(() => void this.#measureAndWait(), this.#options.intervalMs)
  }
}

const nothing: Size = { bytes: 0, files: 0 }

/** Never rejects: unreadable entries count as nothing. */
async function sizeOf(path: string, maxEntries: number): Promise<Size> {
  let [bytes, files, entries] = [0, 0, 0]
  for await (const [entryPath, entry] of entriesBelow(path)) {
    entries += 1
    if (entries > maxEntries) break
    // The sidecar's own file says nothing about applications.
    if (!entry.isFile() || entry.name.startsWith(presenceFile)) continue
    files += 1
    bytes += await bytesOf(entryPath)
  }
  return { bytes, files }
}

type Entry = readonly [path: string, entry: Dirent]

async function* entriesBelow(path: string): AsyncGenerator<Entry> {
  const left = [path]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    for await (const entry of entriesOf(next)) {
      const entryPath = join(next, entry.name)
      if (entry.isDirectory()) left.push(entryPath)
      yield [entryPath, entry]
    }
  }
}

/** No entries where the directory has gone or cannot be read. */
async function* entriesOf(path: string): AsyncGenerator<Dirent> {
  try {
    yield* await opendir(path)
  } catch {
    // The other directories still count.
  }
}

/** 0 where the file has gone. */
async function bytesOf(path: string): Promise<number> {
  try {
    return (await lstat(path)).size
  } catch {
    return 0
  }
}
