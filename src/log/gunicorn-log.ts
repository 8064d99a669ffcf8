import { closeSync, openSync, writeSync } from 'node:fs'
import { messageOf } from '../support/error-message.ts'
import { jsonLine, type LineLevel, type LogFields, type LogFormat } from './log-line.ts'

const stderr = 2

export interface GunicornLogOptions {
  /** Default: `text`. */
  readonly format?: LogFormat
  /** The part in JSON lines. Default: `master`. */
  readonly component?: string
}

/**
 * Writes lines like gunicorn: `[2026-11-21 10:00:00 +0000] [4711] [INFO] Booting worker…`, or lines
 * of JSON.
 */
export class GunicornLog {
  readonly #level: number
  readonly #file: string | undefined
  readonly #format: LogFormat
  readonly #component: string
  #descriptor: number

  /** @throws when the file cannot be opened. */
  constructor(
    file: string | undefined,
    level: GunicornLogLevel,
    { format = 'text', component = 'master' }: GunicornLogOptions = {},
  ) {
    this.#level = logLevels.indexOf(level)
    this.#file = file
    this.#format = format
    this.#component = component
    this.#descriptor = file === undefined ? stderr : openSync(file, 'a')
  }

  /** JSON lines also get the fields; text lines do not. */
  write(level: GunicornLogLevel, text: string, fields?: LogFields): void {
    if (logLevels.indexOf(level) < this.#level) return
    const line =
      this.#format === 'text'
        ? `[${timeText(new Date())}] [${process.pid}] [${level.toUpperCase()}] ${text}`
        : jsonLine({ level, message: text, component: this.#component, fields })
    try {
      writeSync(this.#descriptor, `${line}\n`)
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

/** From the least to the most important. */
export const logLevels: readonly LineLevel[] = ['debug', 'info', 'warning', 'error', 'critical']
export type GunicornLogLevel = LineLevel
