import { closeSync, openSync, writeSync } from 'node:fs'
import { messageOf } from '../support/error-message.ts'

const stderr = 2

/** Writes lines like gunicorn: `[2026-11-21 10:00:00 +0000] [4711] [INFO] Booting worker…`. */
export class GunicornLog {
  readonly #level: number
  readonly #file: string | undefined
  #descriptor: number

  /** @throws when the file cannot be opened. */
  constructor(file: string | undefined, level: GunicornLogLevel) {
    this.#level = logLevels.indexOf(level)
    this.#file = file
    this.#descriptor = file === undefined ? stderr : openSync(file, 'a')
  }

  write(level: GunicornLogLevel, text: string): void {
    if (logLevels.indexOf(level) < this.#level) return
    try {
      writeSync(
        this.#descriptor,
        `[${timeText(new Date())}] [${process.pid}] [${level.toUpperCase()}] ${text}\n`,
      )
    } catch {
      // A full disk or a closed pipe is no reason to stop serving.
    }
  }

  /** Opens the log file again, after a log rotation. */
  reopen(): void {
    if (this.#file === undefined) return
    try {
      const descriptor = openSync(this.#file, 'a')
      closeSync(this.#descriptor)
      this.#descriptor = descriptor
    } catch (error) {
      this.write('error', `Cannot reopen the log file: ${messageOf(error)}`)
    }
  }
}

function timeText(time: Date): string {
  const iso = time.toISOString()
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} +0000`
}

export const logLevels = ['debug', 'info', 'warning', 'error', 'critical'] as const
export type GunicornLogLevel = (typeof logLevels)[number]
