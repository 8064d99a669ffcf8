import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Belongings } from '../programs/belongings.ts'
import type { Random } from '../random.ts'

/**
 * What a link does to its connections.
 * - delay: each chunk arrives 300 ms later.
 * - cut: each connection is reset at its first answer.
 * - corrupt: each chunk has one wrong byte, in both directions.
 * - trickle: each of the first bytes of a chunk arrives on its own.
 * - half-close: the server ends each connection after its first answer, and reads on.
 * - stall: connections stay open, and no byte arrives.
 */
export const linkFaults = ['delay', 'cut', 'corrupt', 'trickle', 'half-close', 'stall'] as const
export type LinkState = 'good' | (typeof linkFaults)[number]

const delayMs = 300
/** Heads and short answers are shorter. The rest of a chunk arrives at once. */
const trickledBytes = 2_000

/** A TCP proxy to a local port, whose state applies to open connections at once. */
export class BadLink {
  /** Chunks from one side to the other, and chunks that wait. */
  chunks = 0
  #state: LinkState = 'good'
  readonly #random: Random
  readonly #target: number
  readonly #server = createServer({ allowHalfOpen: true }, (client) => this.#join(client))
  readonly #sockets = new Set<Socket>()

  constructor(target: number, random: Random) {
    this.#target = target
    this.#random = random
  }

  set state(state: LinkState) {
    this.chunks = 0
    this.#state = state
  }

  /** Listens until the end of the test. @returns the port. */
  async listen(context: Pick<Belongings, 'after'>): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    context.after(() => {
      this.#server.close()
      for (const socket of this.#sockets) socket.destroy()
    })
    return (this.#server.address() as AddressInfo).port
  }

  #join(client: Socket): void {
    const server = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true })
    this.#pass(client, server, false)
    this.#pass(server, client, true)
  }

  #pass(from: Socket, to: Socket, isAnswer: boolean): void {
    this.#sockets.add(from.setNoDelay())
    let last = Promise.resolve()
    from.on('data', (data: Buffer) => {
      this.chunks += 1
      last = last.then(() => this.#forward(data, to, isAnswer))
    })
    from.on('end', () => void last.then(() => to.end()))
    // A connection that is reset closes, too.
    from.on('error', () => {})
    from.on('close', () => {
      this.#sockets.delete(from)
      void last.then(() => to.destroy())
    })
  }

  async #forward(data: Buffer, to: Socket, isAnswer: boolean): Promise<void> {
    if (this.#state === 'delay') await sleep(delayMs)
    while (this.#state === 'stall' && !to.destroyed) await sleep(50)
    if (!to.writable) return
    if (this.#state === 'trickle') return await trickle(data, to)
    if (this.#state === 'cut' && isAnswer) return void to.resetAndDestroy()
    if (this.#state === 'corrupt') this.#corrupt(data)
    to.write(data)
    if (this.#state === 'half-close' && isAnswer) to.end()
  }

  #corrupt(data: Buffer): void {
    const place = this.#random.below(data.length)
    data[place] = (data[place] ?? 0) ^ (1 + this.#random.below(255))
  }
}

/** Without Nagle's algorithm, each write is a packet. */
async function trickle(data: Buffer, to: Socket): Promise<void> {
  for (const byte of data.subarray(0, trickledBytes)) {
    if (!to.writable) return
    to.write(Uint8Array.of(byte))
    await new Promise((resolve) => setImmediate(resolve))
  }
  if (data.length > trickledBytes) to.write(data.subarray(trickledBytes))
}
