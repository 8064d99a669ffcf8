import { randomUUID } from 'node:crypto'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { clearTimeout, setTimeout } from 'node:timers'
import { makeDirectory } from '../../files/make-directory.ts'
import { makeTrusted } from '../../files/trusted.ts'
import { shareLimits } from '../../limits/share.ts'
import { type CodedText, coded } from '../../model/errors/coded-text.ts'
import type { Metric } from '../../model/metric.ts'
import { messageOf } from '../../support/error-message.ts'
import { failureChanges } from '../../support/failure-changes.ts'
import { encodePeerState } from '../peers/peer-state.ts'
import type { ServiceSlot } from '../peers/service-slot.ts'
import { ownFiles, removeOldFiles, sharedFiles } from './shared-files.ts'

export interface DirectoryPublisherOptions {
  /** The shared directory. */
  readonly directory: string
  /** The setting of the directory, for messages. */
  readonly setting: string
  readonly serviceSlot: ServiceSlot
  /** Returns the current metrics of this cluster; may throw. */
  readonly collect: () => readonly Metric[]
  /** Called with a text for the operator. */
  readonly onNotice: (text: CodedText) => void
  readonly onFault: () => void
  /** Default: shareLimits.sharedFileWriteMs. */
  readonly intervalMs?: number
}

/**
 * Writes the state of this cluster into a shared directory, for a sidecar.
 * The first write happens in the constructor, the next after each interval.
 */
export class DirectoryPublisher {
  readonly #options: DirectoryPublisherOptions
  readonly #intervalMs: number
  readonly #incarnation = randomUUID()
  /** Unix milliseconds, as `writtenAt` below, because another process reads them. */
  readonly #startedAt = Date.now()
  readonly #home: string
  readonly #reportChange: (error: string | undefined) => void
  #sequence = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: DirectoryPublisherOptions) {
    this.#options = options
    this.#intervalMs = options.intervalMs ?? shareLimits.sharedFileWriteMs
    this.#home = ownFiles(options.directory)
    this.#reportChange = failureChanges({
      onFailing: (error) =>
        options.onNotice(
          coded(
            'GPE_SHARED_DIRECTORY',
            `metrics cannot be written to the directory of ${options.setting}, ` +
              `trying again: ${error}`,
          ),
        ),
      onRecovered: () =>
        options.onNotice(
          coded(
            'GPE_RECOVERED',
            `metrics are written to the directory of ${options.setting} again`,
          ),
        ),
    })
    this.#writeAndWait()
    void sweepAll(options.directory)
  }

  /** Writes the final state. */
  last(): void {
    clearTimeout(this.#timer)
    this.#attempt(true)
  }

  #writeAndWait(): void {
    this.#attempt(false)
    this.#timer = setTimeout(() => this.#writeAndWait(), this.#intervalMs)
  }

  #attempt(hasEnded: boolean): void {
    try {
      this.#write(hasEnded)
      this.#reportChange(undefined)
    } catch (error) {
      this.#options.onFault()
      this.#reportChange(messageOf(error))
    }
  }

  /** @throws where the file cannot be written. */
  #write(hasEnded: boolean): void {
    const { serviceSlot, collect } = this.#options
    this.#sequence += 1
    const bytes = encodePeerState({
      incarnation: this.#incarnation,
      // A restarted process gets another name: a sidecar shows both for a while.
      instance: `${serviceSlot.instance ?? serviceSlot.host}-${this.#incarnation.slice(0, 8)}`,
      service: serviceSlot.service,
      predecessors: [],
      sequence: this.#sequence,
      startedAt: this.#startedAt,
      writtenAt: Date.now(),
      intervalMs: this.#intervalMs,
      hasEnded,
      metrics: collect(),
      retained: [],
    })
    this.#prepare()
    const draft = join(this.#home, `${this.#incarnation}.draft`)
    rmSync(draft, { force: true })
    // The flag `wx` follows no link of another process.
    writeFileSync(draft, bytes, { mode: 0o600, flag: 'wx' })
    // After the rename, a reader finds the complete file.
    renameSync(draft, join(this.#home, this.#incarnation))
  }

  /** Runs before every write: an operator may empty the volume at any time. */
  #prepare(): void {
    for (const directory of [dirname(this.#home), this.#home]) {
      makeDirectory(directory)
      makeTrusted(directory)
    }
  }
}

/** Removes old files of this user's earlier processes. */
async function sweepAll(directory: string): Promise<void> {
  try {
    for await (const file of sharedFiles(directory)) await removeOldFiles(file)
  } catch {
    // The directory cannot be read. The next write reports the reason.
  }
}
