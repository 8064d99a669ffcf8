import { readFileSync } from 'node:fs'
import { isatty } from 'node:tty'
import { processLimits } from '../../limits/master.ts'

const standard = [0, 1, 2] as const

/** The terminal on which a person started this process, if any. */
export class Terminal {
  /** The standard descriptors that were a terminal. */
  readonly #descriptors: readonly number[] = standard.filter((each) => isatty(each))
  /** `nohup` starts a program with SIGHUP ignored: the program outlives the terminal. */
  readonly #outlives = ignoresHangUp()

  /** Whether SIGHUP means that the terminal is gone. */
  get isGone(): boolean {
    return !this.#outlives && this.#descriptors.some((each) => !isatty(each))
  }

  /**
   * Calls `act` once when stdout or stderr can be written no more. A terminal can go away without
   * a signal, for example after `disown`.
   */
  watch(act: () => void): void {
    const outputs = this.#descriptors.filter((each) => each !== 0)
    if (outputs.length === 0) return
    const timer = setInterval(() => {
      if (outputs.every((each) => isatty(each))) return
      clearInterval(timer)
      act()
    }, processLimits.terminalMs)
    timer.unref()
  }
}

/** Must run before a listener for SIGHUP exists. False where the system does not tell. */
function ignoresHangUp(): boolean {
  try {
    const status = readFileSync('/proc/self/status', 'latin1')
    const [, mask = '0'] = /^SigIgn:\s*([\da-f]+)$/m.exec(status) ?? []
    return (BigInt(`0x${mask}`) & 1n) === 1n
  } catch {
    return false
  }
}
