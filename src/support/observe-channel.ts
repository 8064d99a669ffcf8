import { type ChannelListener, subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Stop } from './stop.ts'

/**
 * Subscribes to a diagnostics channel of Node.
 * @param Message the documented type of the channel's messages, which Node does not check.
 * @param listener must not throw: Node turns the error into an uncaughtException.
 */
export function observeChannel<Message>(
  channel: string,
  listener: (message: Message) => void,
): Stop {
  const subscriber = listener as ChannelListener
  subscribe(channel, subscriber)
  return () => unsubscribe(channel, subscriber)
}

/**
 * Returns a function that subscribes to channels. An error of a listener never reaches the
 * application.
 */
export function guardedChannel(onFault: (channel: string) => void): typeof observeChannel {
  return <Message>(channel: string, listener: (message: Message) => void) =>
    observeChannel(channel, (message: Message) => {
      try {
        listener(message)
      } catch {
        onFault(channel)
      }
    })
}
