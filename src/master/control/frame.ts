import { controlLimits } from '../../limits/tools/control.ts'

const headerBytes = 4

/** What a reader finds in the bytes of a client. */
export type Frame =
  | { readonly kind: 'frame'; readonly body: Buffer }
  /** The client announced a body of this size, which is over the limit. */
  | { readonly kind: 'too long'; readonly bytes: number }

/** Reads frames: 4 bytes with the length of the body, big-endian, and then the body. */
export class FrameReader {
  readonly #most: number
  readonly #header: Buffer = Buffer.alloc(headerBytes)
  #headerBytes = 0
  #body: Buffer | undefined
  #bodyBytes = 0

  /** @param most largest body, bytes. */
  constructor(most: number = controlLimits.requestBytes) {
    this.#most = most
  }

  /** Whether a part of a frame has arrived. */
  get isWithin(): boolean {
    return this.#headerBytes > 0
  }

  /** The frames that end in the chunk. No frame follows a frame that is too long. */
  *read(chunk: Buffer): Generator<Frame, void> {
    let rest = chunk
    while (rest.length > 0) {
      rest = rest.subarray(this.#body ? 0 : this.#takeHeader(rest))
      if (this.#headerBytes < headerBytes) return
      const bytes = this.#header.readUInt32BE(0)
      if (bytes > this.#most) {
        yield { kind: 'too long', bytes }
        return
      }
      // One buffer per frame: a client that sends single bytes causes no further copies.
      this.#body ??= Buffer.alloc(bytes)
      rest = rest.subarray(this.#takeBody(this.#body, rest))
      if (this.#bodyBytes < bytes) return
      yield { kind: 'frame', body: this.#finish(this.#body) }
    }
  }

  #takeHeader(from: Buffer): number {
    const taken = from.copy(this.#header, this.#headerBytes)
    this.#headerBytes += taken
    return taken
  }

  #takeBody(body: Buffer, from: Buffer): number {
    const taken = from.copy(body, this.#bodyBytes)
    this.#bodyBytes += taken
    return taken
  }

  #finish(body: Buffer): Buffer {
    this.#headerBytes = 0
    this.#bodyBytes = 0
    this.#body = undefined
    return body
  }
}

/** A value as one frame. */
export function encodeFrame(value: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(value))
  const frame = Buffer.alloc(headerBytes + body.length)
  frame.writeUInt32BE(body.length, 0)
  body.copy(frame, headerBytes)
  return frame
}
