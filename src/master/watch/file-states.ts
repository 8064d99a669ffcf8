import { type BigIntStats, statSync } from 'node:fs'

/** What the master has seen of files. A file that is missing keeps its last state. */
export class FileStates {
  readonly #most: number
  readonly #states = new Map<string, string | undefined>()

  /** @param most files. Further files are not added. */
  constructor(most: number) {
    this.#most = most
  }

  get paths(): Iterable<string> {
    return this.#states.keys()
  }

  has(path: string): boolean {
    return this.#states.has(path)
  }

  get isFull(): boolean {
    return this.#states.size >= this.#most
  }

  /** Does nothing with a known file, and where the limit is reached. */
  add(path: string): void {
    if (!this.#states.has(path) && !this.isFull) this.#states.set(path, stateOf(path))
  }

  /**
   * Whether the file has changed since the last call. An editor can remove a file before the editor
   * writes the file: a missing file has not changed.
   */
  hasChanged(path: string): boolean {
    const state = stateOf(path)
    if (state === undefined || state === this.#states.get(path)) return false
    this.#states.set(path, state)
    return true
  }
}

function stateOf(path: string): string | undefined {
  const status = statusOf(path)
  return status?.isFile() ? `${status.mtimeNs}:${status.size}:${status.ino}` : undefined
}

/**
 * @returns undefined for a path that leads nowhere: no entry, a link to itself, or a directory that
 * the user may not read.
 */
export function statusOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true })
  } catch {
    return undefined
  }
}
