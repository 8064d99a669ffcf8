import { randomUUID } from 'node:crypto'
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { clearTimeout, setTimeout } from 'node:timers'
import { makeDirectory, writableByOthers } from '../../files/make-directory.ts'
import { shareLimits } from '../../limits/share.ts'
import type { Metric } from '../../model/metric.ts'
import { messageOf } from '../../support/error-message.ts'
import { encodePeerState } from '../peers/peer-state.ts'
import type { ServiceSlot } from '../peers/service-slot.ts'
import { ownFiles, removeOldFiles, sharedFiles } from './shared-files.ts'

export interface DirectoryPublisherOptions {
  /** The shared directory. */
  readonly directory: string
  readonly place: ServiceSlot
  /** The own cluster's metrics now; may throw. */
  readonly collect: () => readonly Metric[]
  /** Tells the operator something. */
  readonly onNotice: (text: string) => void
  readonly onFault: () => void
}

/** Leaves one cluster's state in a shared directory, for a sidecar, every shareLimits.sharedFileWriteMs. Begins at once. */
export class DirectoryPublisher {
  readonly #options: DirectoryPublisherOptions
  readonly #incarnation = randomUUID()
  readonly #startedAt = Date.now()
  readonly #home: string
  #sequence = 0
  #isFailing = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: DirectoryPublisherOptions) {
    this.#options = options
    this.#home = ownFiles(options.directory)
    this.#turn()
    void sweepAll(options.directory)
  }

  /** Writes for the last time. */
  last(): void {
    clearTimeout(this.#timer)
    this.#attempt(true)
  }

  #turn(): void {
    this.#attempt(false)
    this.#timer = setTimeout(() => this.#turn(), shareLimits.sharedFileWriteMs)
  }

  #attempt(hasEnded: boolean): void {
    try {
      this.#write(hasEnded)
      this.#isFailing = false
    } catch (error) {
      this.#options.onFault()
      if (this.#isFailing) return
      this.#isFailing = true
      this.#options.onNotice(
        `metrics cannot be left in the shared directory, trying again: ${messageOf(error)}`,
      )
    }
  }

  /** @throws where it cannot be written. */
  #write(hasEnded: boolean): void {
    const { place, collect } = this.#options
    this.#sequence += 1
    const bytes = encodePeerState({
      incarnation: this.#incarnation,
      // Whoever is started again is another one: a sidecar shows both for a while.
      instance: `${place.instance ?? place.host}-${this.#incarnation.slice(0, 8)}`,
      service: place.service,
      predecessors: [],
      sequence: this.#sequence,
      startedAt: this.#startedAt,
      writtenAt: Date.now(),
      intervalMs: shareLimits.sharedFileWriteMs,
      hasEnded,
      metrics: collect(),
      retained: [],
    })
    this.#prepare()
    const draft = join(this.#home, `${this.#incarnation}.draft`)
    rmSync(draft, { force: true })
    // Never through what somebody has put there.
    writeFileSync(draft, bytes, { mode: 0o600, flag: 'wx' })
    // Complete or not at all.
    renameSync(draft, join(this.#home, this.#incarnation))
  }

  /** Every time: a volume may be emptied while we live. */
  #prepare(): void {
    for (const directory of [dirname(this.#home), this.#home]) {
      makeDirectory(directory)
      keepToUs(directory)
    }
  }
}

/** @throws where it is no directory, or another user's. */
function keepToUs(path: string): void {
  const own = process.getuid?.()
  // Where there are no users, as on Windows, directories cannot be opened either.
  if (own === undefined) return
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
  const directory = openSync(path, flags)
  try {
    const { uid, mode } = fstatSync(directory)
    if (uid !== own) throw new Error(`${path} is another user's`)
    if ((mode & writableByOthers) !== 0) fchmodSync(directory, 0o700)
  } finally {
    closeSync(directory)
  }
}

/** What this user's processes of long ago have left. */
async function sweepAll(directory: string): Promise<void> {
  try {
    for await (const file of sharedFiles(directory)) await removeOldFiles(file)
  } catch {
    // It cannot be read, which the next writing tells.
  }
}
