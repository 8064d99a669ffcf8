import { apply } from '../support/intrinsics/apply.ts'
import type { Stop } from '../support/stop.ts'

/** `process`. A process without a channel lacks the method. */
export interface ChannelOwner {
  disconnect?(): void
}

/**
 * Calls `act` before the worker closes the channel. A worker can live on without a channel.
 */
export function beforeDisconnect(act: () => void, owner: ChannelOwner = process): Stop {
  const before = Object.getOwnPropertyDescriptor(owner, 'disconnect')
  const disconnect = owner.disconnect
  if (typeof disconnect !== 'function') return () => {}
  let isOn = true
  const flushThenDisconnect = function (this: ChannelOwner): unknown {
    if (isOn) act()
    return apply(disconnect, this, [])
  }
  Object.defineProperty(owner, 'disconnect', {
    configurable: true,
    enumerable: true,
    writable: true,
    value: flushThenDisconnect,
  })
  return () => {
    isOn = false
    // A later wrapper of the application stays, and calls our function.
    if (before && owner.disconnect === flushThenDisconnect) {
      Object.defineProperty(owner, 'disconnect', before)
    }
  }
}
