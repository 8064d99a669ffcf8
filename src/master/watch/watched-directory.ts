import { type FSWatcher, watch } from 'node:fs'
import { statusOf } from './file-states.ts'

export interface WatchedDirectoryOptions {
  /** Called with the name of an entry that may have changed; undefined: any entry. */
  readonly onEvent: (name: string | undefined) => void
  readonly onError: (error: unknown) => void
}

/** Events of the entries of a directory, also after the directory has been replaced. */
export class WatchedDirectory {
  readonly #path: string
  readonly #options: WatchedDirectoryOptions
  #watcher: FSWatcher | undefined
  #inode: bigint | undefined

  /** @throws when the system does not watch the directory. */
  constructor(path: string, options: WatchedDirectoryOptions) {
    this.#path = path
    this.#options = options
    this.#watch()
  }

  /**
   * Watches the directory again if another directory has taken the place.
   * @returns whether the directory exists.
   * @throws when the system does not watch the directory.
   */
  renew(): boolean {
    const inode = statusOf(this.#path)?.ino
    if (inode === undefined) return false
    if (inode !== this.#inode) this.#watch()
    return true
  }

  close(): void {
    this.#watcher?.close()
    this.#watcher = undefined
  }

  #watch(): void {
    this.close()
    const { onEvent, onError } = this.#options
    this.#inode = statusOf(this.#path)?.ino
    this.#watcher = watch(this.#path, { persistent: false }, (_, name) => {
      onEvent(name ?? undefined)
    })
    this.#watcher.on('error', onError)
  }
}
