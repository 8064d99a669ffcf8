import type { Socket } from 'node:net'
import { parsePeerState } from '../peers/peer-state.ts'
import type { MasterState } from './master-state.ts'
import { encodeMessage, type StateMessage } from './message.ts'
import { MessageReader } from './message-reader.ts'

/** A state of the other master. */
export interface ReceivedState {
  /** Undefined where the sender has no metrics to hand over, or in an unreadable format. */
  readonly state: MasterState | undefined
  readonly message: StateMessage
}

export interface HandOverLinkOptions {
  readonly socket: Socket
  readonly onState: (received: ReceivedState) => void
  /** Called once, after the last state. */
  readonly onEnd: () => void
  readonly onFault: () => void
}

/** The connection between the exporter threads of two masters. Both send their states. */
export class HandOverLink {
  readonly #socket: Socket
  readonly #options: HandOverLinkOptions
  /** Called after the write that is under way. */
  #onWritten: (() => void) | undefined

  constructor(options: HandOverLinkOptions) {
    this.#options = options
    const { socket, onEnd, onFault } = options
    this.#socket = socket
    const reader = new MessageReader((message, body) => this.#receive(message, body))
    socket.on('error', () => {})
    socket.once('close', onEnd)
    socket.on('data', (chunk) => {
      try {
        reader.add(chunk)
      } catch {
        onFault()
        socket.destroy()
      }
    })
    socket.resume()
  }

  /** Whether an earlier state has not left this process yet. */
  get isBusy(): boolean {
    return this.#onWritten !== undefined
  }

  get hasEnded(): boolean {
    return this.#socket.destroyed
  }

  /**
   * @param onWritten called when the kernel has the state. The other master then gets the state
   * also after the end of this process.
   */
  send(body: Buffer, flags: Omit<StateMessage, 'kind' | 'bytes'>, onWritten: () => void): void {
    this.#onWritten = onWritten
    this.#socket.cork()
    this.#socket.write(encodeMessage({ kind: 'state', bytes: body.length, ...flags }))
    this.#socket.write(body, (error) => {
      this.#onWritten = undefined
      if (!error) onWritten()
    })
    this.#socket.uncork()
  }

  /** Ends the connection after the states that are under way. */
  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #receive(message: StateMessage, body: Buffer): void {
    const state = body.length === 0 ? undefined : parsePeerState(body)
    if (typeof state === 'string') this.#options.onFault()
    this.#options.onState({ message, state: typeof state === 'string' ? undefined : state })
  }
}
