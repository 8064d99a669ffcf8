import type { ChildProcess } from 'node:child_process'
import type { EventEmitter } from 'node:events'
import type { Envelope } from '../support/envelope.ts'
import { isEnvelope } from '../support/envelope.ts'
import { guardedListener } from '../support/listeners/guarded-listener.ts'
import type { Stop } from '../support/stop.ts'

const endCommand = 'NODE_GUNICORN_PRIMARY_ENDS'

/** A live worker, as its primary knows the worker. */
export interface KnownWorker {
  readonly forkNumber: number
  readonly child: ChildProcess
  /** Whether the worker has sent a report. A worker without the preload sends none. */
  readonly hasReported: boolean
}

/** Node's own state of a channel. No public interface leads to the state. */
interface ChannelHandle {
  readonly close?: () => void
  /** Bytes that the channel has not taken yet. */
  readonly writeQueueSize?: number
  /** Whether a part of a message has arrived. */
  readonly buffering?: boolean
}

/**
 * In a primary that is about to end: tells a worker. The worker then ends as after the death of the
 * primary, and leaves its last report in a file.
 *
 * The channel stays open until the process of the primary has gone. In a closed channel, a write
 * of Node or of the application would end the worker with an uncaught `write EPIPE`: the primary
 * may live for seconds longer, for its last push. Only a channel that takes no message is closed.
 * Its worker reads nothing, and the end of the channel is the next thing that the worker reads.
 *
 * @returns false if the channel was closed before.
 */
export function tellEnd(child: ChildProcess): boolean {
  if (!child.connected) return false
  const isSent = sendPastQueue(child, { cmd: endCommand })
  const handle = channelHandle(child)
  if (!isSent || handle?.writeQueueSize !== 0) handle?.close?.()
  return true
}

/**
 * Node queues messages behind a socket until the worker has confirmed the socket. A process that
 * ends reads no confirmation.
 * @returns false if the application has replaced `send` by a function that throws.
 */
function sendPastQueue(child: ChildProcess, envelope: Envelope): boolean {
  const queue: unknown = Reflect.get(child, queueKey)
  Reflect.set(child, queueKey, null)
  try {
    child.send(envelope, () => {})
    return true
  } catch {
    return false
  } finally {
    Reflect.set(child, queueKey, queue)
  }
}

export interface PrimaryEndOptions {
  /** Whether the worker ends when the channel closes. `disconnect()` of a worker prevents this. */
  readonly endsWithChannel: () => boolean
  /** Called before the worker ends. */
  readonly beforeEnd: () => void
  /** Leaves the last report of a worker that goes on without its primary. */
  readonly leave: () => void
  readonly onFault: (component: string) => void
  /** Calls back in a later turn of the event loop. */
  readonly later: (act: () => void) => void
  /** Default: `process`. */
  readonly channel?: ClosableChannel
}

type ClosableChannel = EventEmitter & { readonly connected?: boolean; disconnect?(): void }

/** In a worker: ends, or leaves a last report, when the primary is about to end. */
export function followPrimaryEnd(options: PrimaryEndOptions): Stop {
  const { channel = process, later, onFault } = options
  return guardedListener(onFault)(channel, 'internalMessage', (message: unknown) => {
    // Node may have read further messages at the same time. They come first: a `disconnect()`
    // among them would be an error in a closed channel.
    if (isEnvelope(message, endCommand)) later(() => end(options, channel))
  })
}

function end(options: PrimaryEndOptions, channel: ClosableChannel): void {
  if (!channel.connected) return
  if (!(options.endsWithChannel() && isQuiet(channel))) {
    options.leave()
    return
  }
  options.beforeEnd()
  channel.disconnect?.()
}

/** Node delays the end of another channel, and then fails when the primary closes its side. */
function isQuiet(channel: ClosableChannel): boolean {
  const isReading = channelHandle(channel)?.buffering === true
  return !isReading && !Reflect.get(channel, queueKey)
}

/** Node 20 to 26 keep messages there that wait for the confirmation of a socket. */
const queueKey = '_handleQueue'

/** Node 20 to 26 keep the handle under a symbol of this name. */
function channelHandle(channel: EventEmitter): ChannelHandle | undefined {
  const key = Object.getOwnPropertySymbols(channel).find(
    ({ description }) => description === 'kChannelHandle',
  )
  return key && Reflect.get(channel, key)
}
