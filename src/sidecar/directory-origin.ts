import { clearTimeout, setTimeout } from 'node:timers'
import { shareLimits } from '../limits/share.ts'
import { sidecarLimits } from '../limits/sidecar.ts'
import type { Metric } from '../model/metric.ts'
import {
  type OnRejectedFile,
  readShared,
  removeOldFiles,
  sharedFiles,
} from '../share/directory/shared-files.ts'
import { Peers } from '../share/peers/peers.ts'
import { messageOf } from '../support/error-message.ts'
import type { Origin, OriginStatus } from './origin.ts'
import { RejectCounts } from './reject-counts.ts'

export interface DirectoryOriginOptions {
  /** The shared directory. */
  readonly directory: string
  /** Tells the operator something. */
  readonly onNotice: (text: string) => void
}

/** The clusters that leave their state in a shared directory. What was read stays when the directory goes. */
export class DirectoryOrigin implements Origin {
  readonly name = 'directory'
  readonly #options: DirectoryOriginOptions
  readonly #sources = new Peers({ ttlMs: shareLimits.sharedFileMs, now: () => performance.now() })
  readonly #doubts = new RejectCounts()
  #timer: NodeJS.Timeout | undefined
  #underWay: Promise<void>
  #isStopped = false
  #successes = 0
  #failures = 0
  /** Unix milliseconds. */
  #succeededAt: number | undefined
  #error: string | undefined

  constructor(options: DirectoryOriginOptions) {
    this.#options = options
    this.#underWay = this.#turn()
  }

  metrics(): Metric[] {
    return this.#sources.metrics(undefined)
  }

  status(): OriginStatus {
    return {
      isConnected: this.#successes > 0 && this.#error === undefined,
      successes: this.#successes,
      failures: this.#failures,
      succeededAt: this.#succeededAt,
      error: this.#error,
      sources: this.#sources.shown(),
      refused: this.#doubts.addedTo(this.#sources.refused),
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#underWay
  }

  async #turn(): Promise<void> {
    try {
      await this.#look()
      this.#note(undefined)
    } catch (error) {
      this.#note(messageOf(error))
    }
    if (this.#isStopped) return
    this.#timer = setTimeout(() => {
      this.#underWay = this.#turn()
    }, sidecarLimits.sharedFilePollMs)
  }

  async #look(): Promise<void> {
    const found = new Set<string>()
    const doubt: OnRejectedFile = (name, reason) => this.#doubts.add(name, reason)
    for await (const file of sharedFiles(this.#options.directory, doubt)) {
      found.add(file.incarnation)
      if (await removeOldFiles(file)) continue
      const content = await readShared(file)
      if (typeof content === 'string') doubt(file.name, content)
      else this.#sources.take(file.incarnation, content)
    }
    this.#sources.retain(found)
    this.#doubts.endLook()
  }

  #note(error: string | undefined): void {
    if (error === undefined) {
      this.#successes += 1
      this.#succeededAt = Date.now()
    } else this.#failures += 1
    if ((error === undefined) !== (this.#error === undefined)) {
      this.#options.onNotice(
        error === undefined
          ? 'the shared directory can be read again'
          : `the shared directory cannot be read, trying again: ${error}`,
      )
    }
    this.#error = error
  }
}
