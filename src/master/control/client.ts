import type { Socket } from 'node:net'
import { controlLimits } from '../../limits/tools/control.ts'
import { encodeFrame, type Frame, FrameReader } from './frame.ts'
import {
  type ControlRequest,
  type ControlResponse,
  errorResponse,
  parseRequest,
} from './message.ts'

export interface ClientOptions {
  readonly socket: Socket
  /** Answers a request. The signal aborts when the client has gone. */
  readonly answer: (request: ControlRequest, gone: AbortSignal) => Promise<ControlResponse>
  /** Called when the client sends something that is no request. */
  readonly onRefused: (reason: string) => void
  readonly onClose: () => void
}

/** One connection of a client: one request at a time. */
export class ControlClient {
  readonly #options: ClientOptions
  readonly #reader = new FrameReader()
  readonly #gone = new AbortController()
  /** When the client sent a byte, or got an answer, by `performance.now()`. */
  activeAt: number = performance.now()
  #isBusy = false
  #deadline: NodeJS.Timeout | undefined

  constructor(options: ClientOptions) {
    const { socket, onClose } = options
    this.#options = options
    // The client must not keep the process alive.
    socket.unref()
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      clearTimeout(this.#deadline)
      this.#gone.abort()
      onClose()
    })
    this.#arm()
  }

  /** Whether a command of the client is running. */
  get isBusy(): boolean {
    return this.#isBusy
  }

  /** Tells the client why, and closes the connection. */
  refuse(reason: string): void {
    const { socket } = this.#options
    socket.removeAllListeners('data')
    socket.resume()
    socket.end(encodeFrame(errorResponse(0, reason)))
    clearTimeout(this.#deadline)
    this.#deadline = setTimeout(() => this.close(), controlLimits.requestMs)
    this.#deadline.unref()
  }

  close(): void {
    this.#options.socket.destroy()
  }

  #read(chunk: Buffer): void {
    this.activeAt = performance.now()
    const wasWithin = this.#reader.isWithin
    for (const frame of this.#reader.read(chunk)) {
      if (!this.#receive(frame)) return
    }
    // Later bytes do not move the deadline of a request.
    if (this.#reader.isWithin && !wasWithin) this.#arm()
  }

  /** @returns whether the connection stays open. */
  #receive(frame: Frame): boolean {
    if (frame.kind === 'too long') return this.#refused(tooLong(frame.bytes))
    if (this.#isBusy) return this.#refused('a request came before the answer to the last request')
    const request = parseRequest(frame.body)
    if (!request) return this.#refused('the request is no JSON object with a command')
    this.#isBusy = true
    this.#arm()
    this.#options
      .answer(request, this.#gone.signal)
      .then((answer) => this.#send(answer))
      // An answer that is no JSON must not end the master.
      .catch(() => this.close())
    return true
  }

  #refused(reason: string): false {
    this.#options.onRefused(reason)
    this.refuse(reason)
    return false
  }

  #send(response: ControlResponse): void {
    const { socket } = this.#options
    this.#isBusy = false
    this.activeAt = performance.now()
    if (socket.destroyed || socket.writableEnded) return
    socket.write(encodeFrame(response))
    // The client reads nothing.
    if (socket.writableLength > controlLimits.unsentBytes) socket.destroy()
    else this.#arm()
  }

  /** Starts the deadline of the state over. A running command has limits of its own. */
  #arm(): void {
    clearTimeout(this.#deadline)
    if (this.#isBusy) return
    const { requestMs, idleMs } = controlLimits
    this.#deadline = setTimeout(() => this.close(), this.#reader.isWithin ? requestMs : idleMs)
    this.#deadline.unref()
  }
}

function tooLong(bytes: number): string {
  return `the request has ${bytes} bytes; allowed are ${controlLimits.requestBytes}`
}
