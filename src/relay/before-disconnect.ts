import type { Stop } from '../support/stop.ts'

/** Calls back before this worker closes its channel: one that disconnects lives on without it. */
export function beforeDisconnect(act: () => void): Stop {
  const before = Object.getOwnPropertyDescriptor(process, 'disconnect')
  const disconnect = process.disconnect
  if (typeof disconnect !== 'function') return () => {}
  let isOn = true
  function flushThenDisconnect(this: NodeJS.Process): unknown {
    if (isOn) act()
    return disconnect.call(this)
  }
  Object.defineProperty(process, 'disconnect', {
    configurable: true,
    enumerable: true,
    writable: true,
    value: flushThenDisconnect,
  })
  return () => {
    isOn = false
    // Whoever wrapped it after us keeps its wrapper, which calls ours.
    if (before && process.disconnect === flushThenDisconnect) {
      Object.defineProperty(process, 'disconnect', before)
    }
  }
}
