import { setTimeout as sleep } from 'node:timers/promises'

const { hrtime } = process
const quietMs = 100

/**
 * The longest turn of the event loop from a call on, milliseconds. The event loop never waits
 * meanwhile: a turn that nobody makes longer takes some microseconds.
 *
 * @param {() => void} act
 * @param {number} watchedMs how long after the call.
 */
export async function longestTurn(act, watchedMs = 400) {
  let longest = 0
  let last = hrtime.bigint()
  let isOn = true
  const turn = () => {
    const now = hrtime.bigint()
    longest = Math.max(longest, Number(now - last) / 1e6)
    last = now
    if (isOn) setImmediate(turn)
  }
  turn()
  await sleep(quietMs)
  longest = 0
  act()
  await sleep(watchedMs)
  isOn = false
  return longest
}
