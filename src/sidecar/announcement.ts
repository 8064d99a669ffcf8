import { randomUUID } from 'node:crypto'
import type { EndpointOptions } from '../endpoint/endpoint.ts'
import { shareLimits } from '../limits/share.ts'
import { type CodedText, coded } from '../model/errors/coded-text.ts'
import { SidecarLife } from '../share/directory/sidecar-life.ts'
import {
  findPresence,
  removePresence,
  type SidecarPresence,
  writePresence,
} from '../share/directory/sidecar-presence.ts'
import { type Clock, keepAliveClock } from '../support/clock.ts'
import { errorCodeOf } from '../support/error-code.ts'
import { messageOf } from '../support/error-message.ts'
import { failureChanges } from '../support/failure-changes.ts'
import type { Stop } from '../support/stop.ts'

export interface AnnouncementOptions {
  readonly directory: string
  readonly address: EndpointOptions['address']
  readonly readsRedis: boolean
  /** Called with a text for the operator. */
  readonly onNotice: (text: CodedText) => void
  /** Default: the clock of Node, with timers that keep the process alive. */
  readonly clock?: Pick<Clock, 'now' | 'after'>
}

/**
 * Announces this sidecar to the applications of the shared directory. Waits while another sidecar
 * with another port is announced: applications leave their port to one sidecar only.
 */
export class Announcement {
  readonly #options: AnnouncementOptions
  readonly #clock: Pick<Clock, 'now' | 'after'>
  readonly #port: number | null
  readonly #incarnation = randomUUID()
  readonly #other = new SidecarLife()
  readonly #reportChange: (error: string | undefined) => void
  #sequence = 0
  #hasToldOther = false
  #cancelNext: Stop = () => {}

  constructor(options: AnnouncementOptions) {
    const { address, onNotice, clock = keepAliveClock } = options
    this.#options = options
    this.#clock = clock
    this.#port = address.kind === 'tcp' && address.port > 0 ? address.port : null
    this.#reportChange = failureChanges({
      onFailing: (error) =>
        onNotice(
          coded(
            'GPE_SIDECAR_HIDDEN',
            'applications with PROMETHEUS_MULTIPROC_DIR cannot find this sidecar, ' +
              `trying again: ${error}`,
          ),
        ),
    })
    this.#announce()
  }

  stop(): void {
    this.#cancelNext()
    attempt(() => removePresence(this.#options.directory, this.#incarnation))
  }

  #announce(): void {
    if (!this.#waits()) this.#write()
    this.#cancelNext = this.#clock.after(shareLimits.presencePollMs, () => this.#announce())
  }

  /** Whether another sidecar with another port lives. */
  #waits(): boolean {
    const found = findPresence(this.#options.directory)
    const isOther = found?.incarnation !== this.#incarnation && found?.port !== this.#port
    const other = this.#other.look(isOther ? found : undefined, this.#clock.now())
    if (other && this.#other.hasWritten) this.#tell(other)
    if (!other) this.#hasToldOther = false
    return other !== undefined
  }

  #tell({ port }: SidecarPresence): void {
    if (this.#hasToldOther) return
    this.#hasToldOther = true
    const { directory, onNotice } = this.#options
    const place = port === null ? '' : ` on port ${port}`
    onNotice(
      coded(
        'GPE_SIDECAR_HIDDEN',
        `applications with PROMETHEUS_MULTIPROC_DIR ${directory} find another sidecar${place}, ` +
          'and not this sidecar, until the other sidecar ends',
      ),
    )
  }

  #write(): void {
    const { directory, readsRedis } = this.#options
    this.#sequence += 1
    const presence: SidecarPresence = {
      version: 1,
      sequence: this.#sequence,
      incarnation: this.#incarnation,
      port: this.#port,
      readsRedis,
    }
    this.#reportChange(attempt(() => writePresence(directory, presence)))
  }
}

/** @returns the text of the error. A missing directory is an error of the origin already. */
function attempt(act: () => void): string | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    return errorCodeOf(error) === 'ENOENT' ? undefined : messageOf(error)
  }
}
