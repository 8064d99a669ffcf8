import type { Dirent } from 'node:fs'
import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { clearTimeout, setTimeout } from 'node:timers'
import { sidecarLimits } from '../limits/sidecar.ts'

/** What lies in a directory and below it. */
export interface Size {
  readonly bytes: number
  readonly files: number
}

/**
 * Measures a directory again and again, away from any scrape. Links are not followed; what cannot be read, and
 * what is beyond sidecarLimits.measuredFiles entries, is left out.
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
    this.#last = await sizeOf(this.#path)
    if (this.#isStopped) return
    this.#timer = setTimeout(() => void this.#measure(intervalMs), intervalMs)
  }
}

const nothing: Size = { bytes: 0, files: 0 }

/** Never rejects: what cannot be read is nothing. */
async function sizeOf(path: string): Promise<Size> {
  let [bytes, files, entries] = [0, 0, 0]
  for await (const [place, entry] of entriesBelow(path)) {
    entries += 1
    if (entries > sidecarLimits.measuredFiles) break
    if (!entry.isFile()) continue
    files += 1
    bytes += await bytesOf(place)
  }
  return { bytes, files }
}

type Entry = readonly [path: string, entry: Dirent]

async function* entriesBelow(path: string): AsyncGenerator<Entry> {
  const left = [path]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    for await (const entry of entriesOf(next)) {
      const place = join(next, entry.name)
      if (entry.isDirectory()) left.push(place)
      yield [place, entry]
    }
  }
}

/** Of one that has gone meanwhile, or may not be read, none. */
async function* entriesOf(path: string): AsyncGenerator<Dirent> {
  try {
    yield* await opendir(path)
  } catch {
    // What is beside it can be read all the same.
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
