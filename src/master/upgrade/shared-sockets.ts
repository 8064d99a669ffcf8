import type { ChildProcess, SendHandle } from 'node:child_process'
import { masterLimits } from '../../limits/master.ts'
import type { Handle } from '../sockets/handle.ts'
import type { ListeningSockets } from '../sockets/listening-sockets.ts'
import { encodeUpgradeMessage, parseUpgradeMessage, type UpgradeMessage } from './message.ts'

/** The used part of a channel of `child_process`, from either end. */
interface Channel extends Pick<ChildProcess, 'connected' | 'channel'> {
  on(event: 'message', listener: (message: unknown, handle: unknown) => void): unknown
  send?(message: object, handle: SendHandle | undefined, options: object, done: () => void): boolean
}

/**
 * Brings the listening sockets back from a successor. An old master without workers closes its
 * sockets, so that every connection reaches the successor.
 */
export class SharedSockets {
  readonly #sockets: Pick<ListeningSockets, 'shared' | 'adopt'>
  readonly #channel: Channel
  #onAll: () => void = () => {}

  constructor(channel: Channel, sockets: Pick<ListeningSockets, 'shared' | 'adopt'>) {
    this.#sockets = sockets
    this.#channel = channel
    channel.on('message', (value, handle) => {
      const message = parseUpgradeMessage(value)
      if (message) this.#receive(message, handle)
    })
    // The channel of this package must not keep a master alive.
    channel.channel?.unref()
  }

  /**
   * Sends all sockets of this master to the other master.
   * @param done called when the sockets have left this process, or after a limit.
   */
  give(done: () => void = () => {}): void {
    for (const { key, handle } of this.#sockets.shared()) this.#send({ act: 'socket', key }, handle)
    const act = onceWithin(masterLimits.socketsBackMs, done)
    this.#send({ act: 'all sockets sent' }, undefined, act)
  }

  /** @param done called when the sockets have arrived, or after masterLimits.socketsBackMs. */
  askForAll(done: () => void): void {
    this.#onAll = onceWithin(masterLimits.socketsBackMs, done)
    this.#send({ act: 'ask for sockets' })
  }

  #send(message: UpgradeMessage, handle?: Handle, done: () => void = () => {}): void {
    // The other master can end at any time. Without a callback, a failed send is an 'error' event.
    const { connected, send } = this.#channel
    if (!connected || !send) done()
    else send.call(this.#channel, encodeUpgradeMessage(message), handle as SendHandle, {}, done)
  }

  #receive(message: UpgradeMessage, handle: unknown): void {
    if (message.act === 'ask for sockets') this.give()
    else if (message.act === 'all sockets sent') this.#onAll()
    else if (isHandle(handle)) this.#sockets.adopt({ key: message.key, handle })
  }
}

function isHandle(value: unknown): value is Handle {
  return typeof value === 'object' && value !== null && 'fd' in value && 'listen' in value
}

/** @returns a function that calls `act`. After the time limit, `act` is called in any case. */
function onceWithin(limitMs: number, act: () => void): () => void {
  let isDone = false
  const once = (): void => {
    if (isDone) return
    isDone = true
    clearTimeout(timer)
    act()
  }
  const timer = setTimeout(once, limitMs)
  return once
}
