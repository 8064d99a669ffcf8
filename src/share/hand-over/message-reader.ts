import { shareLimits } from '../../limits/share.ts'
import { parseMessage, type StateMessage } from './message.ts'

const newline = 0x0a
const none = Buffer.alloc(0)

/** Cuts the bytes of a connection into messages with their bodies. */
export class MessageReader {
  readonly #onMessage: (message: StateMessage, body: Buffer) => void
  /** Bounded by the length of one message. */
  #chunks: Buffer[] = []
  #length = 0
  /** The message that waits for its body. */
  #open: StateMessage | undefined

  constructor(onMessage: (message: StateMessage, body: Buffer) => void) {
    this.#onMessage = onMessage
  }

  /** @throws for bytes that are no message. */
  add(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#length += chunk.length
    if (this.#open && this.#length < this.#open.bytes) return
    let rest = Buffer.concat(this.#chunks)
    for (let taken = this.#take(rest); taken > 0; taken = this.#take(rest)) {
      rest = rest.subarray(taken)
    }
    this.#chunks = [rest]
    this.#length = rest.length
  }

  /** @returns the length of the taken bytes; 0 where bytes are missing. */
  #take(bytes: Buffer): number {
    const open = this.#open
    if (open) {
      if (bytes.length < open.bytes) return 0
      this.#open = undefined
      this.#onMessage(open, bytes.subarray(0, open.bytes))
      return open.bytes
    }
    const end = bytes.indexOf(newline)
    if (end < 0 && bytes.length <= shareLimits.handOverLineBytes) return 0
    const message = end < 0 ? undefined : parseMessage(bytes.toString('utf8', 0, end))
    if (!message) throw new Error('Invalid message of the other master.')
    if (message.bytes > 0) this.#open = message
    else this.#onMessage(message, none)
    return end + 1
  }
}
