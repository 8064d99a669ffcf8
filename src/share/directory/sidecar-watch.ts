import { shareLimits } from '../../limits/share.ts'
import { type Clock, nodeClock } from '../../support/clock.ts'
import type { Stop } from '../../support/stop.ts'
import { SidecarLife } from './sidecar-life.ts'
import { findPresence, type SidecarPresence } from './sidecar-presence.ts'

export interface SidecarWatchOptions {
  /** The directory that this process and a sidecar may share. */
  readonly directory: string
  /** Called when a sidecar comes, changes its port, or goes (undefined). */
  readonly onChange: (sidecar: SidecarPresence | undefined) => void
  /** Default: the clock of Node. */
  readonly clock?: Pick<Clock, 'now' | 'after'>
  /** Default: the file of the directory. */
  readonly find?: (directory: string) => SidecarPresence | undefined
}

/** Looks once a second for a sidecar that reads the directory. */
export class SidecarWatch {
  readonly #options: SidecarWatchOptions
  readonly #clock: Pick<Clock, 'now' | 'after'>
  readonly #life = new SidecarLife()
  #shown: SidecarPresence | undefined
  #cancelNext: Stop = () => {}

  constructor(options: SidecarWatchOptions) {
    this.#options = options
    this.#clock = options.clock ?? nodeClock
    this.#look()
  }

  stop(): void {
    this.#cancelNext()
  }

  #look(): void {
    const { directory, find = findPresence, onChange } = this.#options
    const found = find(directory)
    const sidecar = this.#life.look(found, this.#clock.now())
    const before = this.#shown
    this.#shown = sidecar
    if (before?.port !== sidecar?.port || before?.readsRedis !== sidecar?.readsRedis) {
      onChange(sidecar)
    }
    this.#cancelNext = this.#clock.after(shareLimits.presencePollMs, () => this.#look())
  }
}
