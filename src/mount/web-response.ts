import { Buffer } from 'node:buffer'
import { EventEmitter } from 'node:events'
import { mountLimits } from '../limits/mount.ts'
import type { MountedResponse } from './refuse.ts'

/** Makes a `Response` of the Fetch API from the calls of a mounted page. */
export class WebResponse implements MountedResponse {
  /** Never rejects. */
  readonly response: Promise<Response>
  readonly #events = new EventEmitter()
  #resolve: (response: Response) => void = () => {}
  #body: ReadableStreamDefaultController<Uint8Array> | undefined
  #state: 'waiting' | 'sending' | 'ended' | 'destroyed' = 'waiting'

  constructor() {
    this.response = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  get headersSent(): boolean {
    return this.#state !== 'waiting'
  }

  get writableEnded(): boolean {
    return this.#state === 'ended'
  }

  get destroyed(): boolean {
    return this.#state === 'destroyed'
  }

  writeHead(status: number, headers: Record<string, string | string[]>): void {
    this.#state = 'sending'
    const entries = Object.entries(headers).flatMap(([name, value]) =>
      [value].flat().map((each): [string, string] => [name, each]),
    )
    this.#resolve(new Response(this.#stream(), { status, headers: entries }))
  }

  write(chunk: Uint8Array): boolean {
    if (this.#state !== 'sending') return true
    this.#body?.enqueue(chunk)
    return (this.#body?.desiredSize ?? 1) > 0
  }

  end(text?: string): void {
    if (this.#state !== 'sending') return
    if (text !== undefined) this.write(Buffer.from(text))
    this.#state = 'ended'
    this.#body?.close()
    this.#events.emit('close')
  }

  destroy(): void {
    if (this.#state === 'waiting') this.#resolve(new Response('', { status: 500 }))
    if (this.#state === 'sending') this.#body?.error(new Error('The page is not complete.'))
    this.#state = 'destroyed'
    this.#events.emit('close')
  }

  on(event: 'close' | 'drain', listener: () => void): void {
    this.#events.on(event, listener)
  }

  off(event: 'close' | 'drain', listener: () => void): void {
    this.#events.off(event, listener)
  }

  #stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#body = controller
        },
        pull: () => void this.#events.emit('drain'),
        cancel: () => this.destroy(),
      },
      { highWaterMark: mountLimits.webResponseBytes, size: ({ byteLength }) => byteLength },
    )
  }
}
