import { NodeDate, unixNow } from '../../support/intrinsics/unix-now.ts'

const months = [
  ...['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun'],
  ...['Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
]

/** The local time in the Common Log Format: `[29/Nov/2026:10:00:00 +0000]`. One text a second. */
export class LogTime {
  #second = -1
  #text = ''

  now(): string {
    const second = Math.floor(unixNow() / 1_000)
    if (second !== this.#second) {
      this.#second = second
      this.#text = textOf(new NodeDate(second * 1_000))
    }
    return this.#text
  }
}

function textOf(time: Date): string {
  const day = `${two(time.getDate())}/${months[time.getMonth()]}/${time.getFullYear()}`
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':')
  const east = -time.getTimezoneOffset()
  const zone = Math.abs(east)
  return `[${day}:${clock} ${east < 0 ? '-' : '+'}${two(Math.floor(zone / 60))}${two(zone % 60)}]`
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
