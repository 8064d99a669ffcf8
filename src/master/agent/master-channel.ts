import { guarded } from '../../support/guarded.ts'
import { beatCommand, type FromAgent } from './message.ts'

/** The worker's end of the channel to the master. Throws nothing. */
export class MasterChannel {
  readonly #process: Pick<NodeJS.Process, 'connected'>
  readonly #post: NodeJS.Process['send']
  readonly #onFault: (part: string) => void
  #hasBeatInFlight = false

  /** @param onFault called with the part that met an error. Must not throw. */
  constructor(
    process: Pick<NodeJS.Process, 'connected' | 'send'>,
    onFault: (part: string) => void,
  ) {
    this.#process = process
    // Taken now: an application may replace the function.
    this.#post = process.send?.bind(process)
    this.#onFault = onFault
  }

  get isConnected(): boolean {
    return this.#process.connected
  }

  /** @param rssBytes the resident memory of this process. */
  beat(rssBytes: number): void {
    // While the master reads nothing, further heartbeats would fill the memory of this process.
    if (this.#hasBeatInFlight) return
    this.#hasBeatInFlight = true
    this.send({ cmd: beatCommand, rssBytes }, () => {
      this.#hasBeatInFlight = false
    })
  }

  /** Acts alone when no master can answer. */
  report(message: FromAgent, actAlone: () => void): void {
    if (this.isConnected) this.send(message, (error) => error && actAlone())
    else actAlone()
  }

  send(message: FromAgent, act: (error: Error | null) => void): void {
    const done = guarded(act, () => this.#onFault('send'))
    try {
      this.#post?.(message, undefined, undefined, done)
    } catch (error) {
      // The channel has closed: the master has ended.
      done(error instanceof Error ? error : new Error(String(error)))
    }
  }
}
