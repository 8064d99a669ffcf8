import { systemdLimits } from '../../limits/master.ts'
import type { GunicornLog } from '../../log/gunicorn-log.ts'
import { coded } from '../../model/errors/coded-text.ts'
import { linesOf, NotificationQueue, type StateChange } from './notification-queue.ts'
import type { SendMessage } from './notify-program.ts'

export interface NotifierOptions {
  readonly send: SendMessage
  /** The status of the service; undefined: another process tells the status. */
  readonly status: () => string | undefined
  readonly log: Pick<GunicornLog, 'write'>
  /** Counts a message that did not reach systemd. */
  readonly countFault: (part: string) => void
}

interface Message {
  readonly change: StateChange | undefined
  readonly attempt: number
}

/** Sends messages to systemd, one at a time and in order. The status is always the newest. */
export class Notifier {
  readonly #options: NotifierOptions
  readonly #queue = new NotificationQueue()
  #state: 'idle' | 'sending' = 'idle'
  #ping: 'none' | 'due' = 'none'
  #sentStatus: string | undefined
  #hasFailed = false
  /** Called when nothing is left to send. */
  #onIdle: (() => void) | undefined

  constructor(options: NotifierOptions) {
    this.#options = options
  }

  /** Tells systemd about a change, with the status. */
  tell(change: StateChange): void {
    this.#queue.add(change)
    this.#next()
  }

  /** Tells systemd's watchdog that this process lives. */
  ping(): void {
    this.#ping = 'due'
    this.#next()
  }

  /** Tells systemd the status, if the status is new. */
  tellStatus(): void {
    this.#next()
  }

  /** Calls back when every message has been sent, or after the limit. */
  finish(limitMs: number, done: () => void): void {
    if (this.#state === 'idle') {
      done()
      return
    }
    const timer = setTimeout(done, limitMs)
    this.#onIdle = () => {
      clearTimeout(timer)
      done()
    }
  }

  #next(): void {
    if (this.#state === 'sending') return
    const status = this.#status()
    const isNew = status !== undefined && status !== this.#sentStatus
    if (this.#queue.isEmpty && this.#ping === 'none' && !isNew) this.#onIdle?.()
    else this.#send({ change: this.#queue.take(), attempt: 1 })
  }

  #send(message: Message): void {
    const { change } = message
    const status = this.#status()
    const lines = [
      ...(change ? linesOf(change) : []),
      ...(this.#ping === 'due' ? ['WATCHDOG=1'] : []),
      ...(status === undefined ? [] : [`STATUS=${status}`]),
    ]
    this.#state = 'sending'
    this.#ping = 'none'
    this.#sentStatus = status
    this.#options.send(lines, (fault) => {
      this.#state = 'idle'
      if (fault === undefined) this.#hasFailed = false
      else this.#failed(fault, message)
      if (this.#state === 'idle') this.#next()
    })
  }

  #failed(fault: string, { change, attempt }: Message): void {
    if (change && attempt < systemdLimits.attempts) {
      this.#send({ change, attempt: attempt + 1 })
      return
    }
    this.#options.countFault('systemd')
    // One line until a message reaches systemd again.
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#options.log.write('warning', coded('GPE_SYSTEMD', `Cannot notify systemd: ${fault}`))
  }

  #status(): string | undefined {
    const text = this.#options.status()
    return text?.replace(/[\s\p{Cc}]+/gu, ' ').slice(0, systemdLimits.statusChars)
  }
}
