import { dirname, join } from 'node:path'
import type { ReloadEngine } from '../../config/table/run/reloading.ts'
import { reloadLimits } from '../../limits/tools/reload.ts'
import { type CodedText, coded } from '../../model/errors/coded-text.ts'
import { messageOf } from '../../support/error-message.ts'
import { FileStates } from './file-states.ts'
import { WatchedDirectory } from './watched-directory.ts'

export interface FileWatchOptions {
  readonly engine: ReloadEngine
  /** Called with changed files, the known files first. */
  readonly onChange: (known: readonly string[], others: readonly string[]) => void
  /** Called with a sentence: the system cannot send events, or a limit is reached. Once each. */
  readonly onTrouble: (text: CodedText) => void
}

/**
 * Watches files by the events of their directories: many editors replace a file. A burst of events
 * is one change.
 */
export class FileWatch {
  readonly #options: FileWatchOptions
  readonly #files = new FileStates(reloadLimits.files)
  readonly #directories = new Map<string, WatchedDirectory>()
  /** Paths of entries with an event, also of unknown files. Bounded: see `#note()`. */
  readonly #touched = new Set<string>()
  #polls: boolean
  #timer: NodeJS.Timeout | undefined
  /** When the burst of events began, by the clock of the process. */
  #since: number | undefined
  #poll: NodeJS.Timeout | undefined
  #hasToldFull = false

  constructor(options: FileWatchOptions) {
    this.#options = options
    this.#polls = options.engine === 'poll'
    if (this.#polls) this.#startPolls()
  }

  /** Watches the file from now on. */
  add(path: string): void {
    if (this.#files.has(path)) return
    if (this.#files.isFull) {
      this.#tellFull()
      return
    }
    const directory = dirname(path)
    // Before the first look at the file: no change falls between both.
    if (!this.#polls && !this.#directories.has(directory)) this.#watch(directory)
    this.#files.add(path)
  }

  close(): void {
    clearTimeout(this.#timer)
    clearInterval(this.#poll)
    for (const directory of this.#directories.values()) directory.close()
    this.#directories.clear()
  }

  #tellFull(): void {
    if (this.#hasToldFull) return
    this.#hasToldFull = true
    const text = `The application has more than ${reloadLimits.files} files.`
    this.#options.onTrouble(
      coded('GPE_FILES_UNWATCHED', `${text} The master does not watch further files`),
    )
  }

  #watch(path: string): void {
    if (this.#directories.size >= reloadLimits.directories) {
      this.#fall(`more than ${reloadLimits.directories} directories have files of the application`)
      return
    }
    try {
      const watched = new WatchedDirectory(path, {
        onEvent: (name) => this.#note(path, name),
        onError: (error) => this.#fall(messageOf(error)),
      })
      this.#directories.set(path, watched)
    } catch (error) {
      this.#fall(messageOf(error))
    }
  }

  /** Such as ENOSPC, when the user has no more inotify watches. */
  #fall(reason: string): void {
    if (this.#polls) return
    const { engine, onTrouble } = this.#options
    const isStrict = engine === 'inotify'
    const next = isStrict
      ? 'Some changes stay unseen. Use --reload-engine poll'
      : 'The master looks at the files once a second'
    onTrouble(coded('GPE_FILES_UNWATCHED', `Cannot watch files by events: ${reason}. ${next}`))
    if (isStrict) return
    this.close()
    this.#polls = true
    this.#startPolls()
  }

  #startPolls(): void {
    this.#poll = setInterval(() => this.#check([]), reloadLimits.pollMs).unref()
  }

  #note(directory: string, name: string | undefined): void {
    if (name !== undefined && this.#touched.size < reloadLimits.entries) {
      this.#touched.add(join(directory, name))
    }
    this.#since ??= performance.now()
    const leftMs = this.#since + reloadLimits.busyMs - performance.now()
    clearTimeout(this.#timer)
    const waitMs = Math.max(0, Math.min(reloadLimits.quietMs, leftMs))
    this.#timer = setTimeout(() => this.#settle(), waitMs).unref()
  }

  #settle(): void {
    this.#since = undefined
    const touched = [...this.#touched]
    this.#touched.clear()
    this.#renew()
    this.#check(touched.filter((path) => !this.#files.has(path)))
  }

  /** A checkout can replace a directory. A directory that is gone is looked for again. */
  #renew(): void {
    try {
      const exist = [...this.#directories.values()].map((directory) => directory.renew())
      if (exist.includes(false)) this.#lookAgain()
    } catch (error) {
      this.#fall(messageOf(error))
    }
  }

  #lookAgain(): void {
    this.#timer = setTimeout(() => this.#settle(), reloadLimits.pollMs).unref()
  }

  #check(others: readonly string[]): void {
    const known = [...this.#files.paths].filter((path) => this.#files.hasChanged(path))
    if (known.length > 0 || others.length > 0) this.#options.onChange(known, others)
  }
}
