import type { Stop } from '../support/stop.ts'

/** `process`. A process without a channel has no such method. */
export interface ChannelOwner {
  disconnect?(): void
}

/**
 * Calls `act` before this worker closes its channel. A worker can live on without a channel.
 */
export function beforeDisconnect(act: () => void, owner: ChannelOwner = process): Stop {
  const before = Object.getOwnPropertyDescriptor(owner, 'disconnect')
  const disconnect = owner.disconnect
  if (typeof disconnect !== 'function') return () => {}
  let isOn = true
  const flushThenDisconnect = function (this: ChannelOwner): unknown {
    if (isOn) act()
    return disconnect.call(this)
  }
  Object.defineProperty(owner, 'disconnect', {
    configurable: true,
    enumerable: true,
    writable: true,
    value: flushThenDisconnect,
  })
  return () => {
    isOn = false
    // A wrapper that the application added later stays. The wrapper calls this function.
    if (before && owner.disconnect === flushThenDisconnect) {
      Object.defineProperty(owner, 'disconnect', before)
    }
  }
}
