import { shareLimits } from '../limits/share.ts'
import { sidecarLimits } from '../limits/sidecar.ts'
import type { CodedText } from '../model/errors/coded-text.ts'
import type { Metric } from '../model/metric.ts'
import {
  type OnRejectedFile,
  readShared,
  removeOldFiles,
  sharedFiles,
} from '../share/directory/shared-files.ts'
import { Peers } from '../share/peers/peers.ts'
import { AttemptCounts } from '../support/attempt-counts.ts'
import { type Clock, keepAliveClock } from '../support/clock.ts'
import { messageOf } from '../support/error-message.ts'
import type { Stop } from '../support/stop.ts'
import { directoryNotices } from './directory-notices.ts'
import type { Origin, OriginStatus } from './origin.ts'
import { RejectCounts } from './reject-counts.ts'

export interface DirectoryOriginOptions {
  /** The shared directory. */
  readonly directory: string
  /** The setting of the directory, for messages. */
  readonly setting: string
  /** Called with a warning for the operator. */
  readonly onNotice: (text: CodedText) => void
  /** Called with a text about a directory that is not there yet. */
  readonly onWaiting?: (text: string) => void
  /** Called before the origin shows files that the last reading did not find. */
  readonly onNewFiles?: () => Promise<void>
  /** Default: sidecarLimits.sharedFilePollMs. */
  readonly intervalMs?: number
  /** Default: shareLimits.peers. */
  readonly maxFiles?: number
  /** Default: the clock of Node, with timers that keep the process alive. */
  readonly clock?: Pick<Clock, 'now' | 'after'>
}

/**
 * The clusters that write their state into a shared directory. Without the directory, the states
 * from the last reading stay for shareLimits.sharedFileMs.
 */
export class DirectoryOrigin implements Origin {
  readonly name = 'directory'
  readonly #directory: string
  readonly #onNewFiles: () => Promise<void>
  readonly #intervalMs: number
  readonly #maxFiles: number
  readonly #clock: Pick<Clock, 'now' | 'after'>
  readonly #peers: Peers
  readonly #rejects = new RejectCounts()
  readonly #readings: AttemptCounts
  readonly #report: (error: unknown) => boolean
  /** Incarnations of the last reading; bounded by shareLimits.peers. */
  #found: ReadonlySet<string> = new Set()
  #cancelNext: Stop = () => {}
  #underWay: Promise<void>
  #isAwaited = false
  #isStopped = false

  constructor({ directory, setting, onNotice, onWaiting, ...options }: DirectoryOriginOptions) {
    this.#directory = directory
    this.#onNewFiles = options.onNewFiles ?? (async () => {})
    this.#intervalMs = options.intervalMs ?? sidecarLimits.sharedFilePollMs
    this.#maxFiles = options.maxFiles ?? shareLimits.peers
    this.#clock = options.clock ?? keepAliveClock
    this.#readings = new AttemptCounts(this.#clock.now)
    this.#peers = new Peers({ ttlMs: shareLimits.sharedFileMs, now: this.#clock.now })
    this.#report = directoryNotices({
      setting,
      onNotice,
      onWaiting: onWaiting ?? (() => {}),
      now: this.#clock.now,
    })
    this.#underWay = this.#readAndWait()
  }

  metrics(): Metric[] {
    return this.#peers.metrics(undefined)
  }

  status(): OriginStatus {
    const { successes, failures, succeededAt, ageSeconds, error } = this.#readings
    return {
      isConnected: successes > 0 && error === undefined,
      isAwaited: this.#isAwaited,
      successes,
      failures,
      succeededAt,
      readAgeSeconds: ageSeconds,
      error,
      sources: this.#peers.shown(),
      refused: this.#rejects.addedTo(this.#peers.refused),
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancelNext()
    await this.#underWay
  }

  async #readAndWait(): Promise<void> {
    const error = await this.#read().then(
      () => undefined,
      (reason: unknown) => reason,
    )
    this.#readings.add(0, error === undefined ? undefined : messageOf(error))
    this.#isAwaited = this.#report(error)
    if (this.#isStopped) return
    this.#cancelNext = this.#clock.after(this.#intervalMs, () => {
      this.#underWay = this.#readAndWait()
    })
  }

  async #read(): Promise<void> {
    const found = new Set<string>()
    let hasNewFiles = false
    const onRejected: OnRejectedFile = (name, reason) => this.#rejects.add(name, reason)
    const options = { onRejected, maxFiles: this.#maxFiles }
    for await (const file of sharedFiles(this.#directory, options)) {
      found.add(file.incarnation)
      if (!(hasNewFiles || this.#found.has(file.incarnation))) {
        hasNewFiles = true
        await this.#onNewFiles()
      }
      if (await removeOldFiles(file)) continue
      const content = await readShared(file)
      if (typeof content === 'string') onRejected(file.name, content)
      else this.#peers.take(file.incarnation, content)
    }
    this.#found = found
    this.#peers.retain(found)
    this.#rejects.endReading()
  }
}
