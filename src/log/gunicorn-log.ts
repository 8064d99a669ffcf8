import { Buffer } from 'node:buffer'
import { closeSync, openSync, writeSync } from 'node:fs'
import { type CodedText, coded } from '../model/errors/coded-text.ts'
import { printableEntry } from '../model/text/printable.ts'
import { messageOf } from '../support/error-message.ts'
import { failureChanges } from '../support/failure-changes.ts'
import { jsonLine, type LineLevel, type LogFields, type LogFormat } from './log-line.ts'

const stderr = 2

export interface GunicornLogOptions {
  /** Default: `text`. */
  readonly format?: LogFormat
  /** The part in JSON lines. Default: `master`. */
  readonly component?: string
  /** Called with the level of each line, also of a line that is too unimportant for the log. */
  readonly onLine?: (level: GunicornLogLevel) => void
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
  readonly #onLine: (level: GunicornLogLevel) => void
  #descriptor: number
  /** Takes the outcome of each write to the file. Its lines pass every level. */
  readonly #note = failureChanges({
    onFailing: (error) => {
      const text = `The log file cannot be written, its lines go to stderr: ${error}`
      writeLine(stderr, this.#line('warning', coded('GPE_LOG_FILE', text)))
    },
    onRecovered: () => {
      writeLine(stderr, this.#line('info', 'The log file is written again'))
    },
  })

  /** @throws when the file cannot be opened. */
  constructor(
    file: string | undefined,
    level: GunicornLogLevel,
    { format = 'text', component = 'master', onLine = () => {} }: GunicornLogOptions = {},
  ) {
    this.#level = logLevels.indexOf(level)
    this.#file = file
    this.#format = format
    this.#component = component
    this.#onLine = onLine
    this.#descriptor = file === undefined ? stderr : openSync(file, 'a')
  }

  /** JSON lines also get the fields; text lines do not. */
  write(level: 'debug' | 'info', text: string, fields?: LogFields): void
  write(level: GunicornLogLevel, text: CodedText, fields?: LogFields): void
  write(level: GunicornLogLevel, text: string, fields?: LogFields): void {
    this.#onLine(level)
    if (logLevels.indexOf(level) < this.#level) return
    const line = this.#line(level, text, fields)
    const error = writeLine(this.#descriptor, line)
    if (this.#file === undefined) return
    this.#note(error)
    if (error !== undefined) writeLine(stderr, line)
  }

  #line(level: GunicornLogLevel, text: string, fields?: LogFields): string {
    if (this.#format === 'json') {
      return jsonLine({ level, message: text, component: this.#component, fields })
    }
    const head = `[${timeText(new Date())}] [${process.pid}] [${level.toUpperCase()}]`
    return `${head} ${printableEntry(text)}`
  }

  /** Opens the log file again, after a log rotation. */
  reopen(): void {
    if (this.#file === undefined) return
    try {
      const descriptor = openSync(this.#file, 'a')
      closeSync(this.#descriptor)
      this.#descriptor = descriptor
    } catch (error) {
      const text = `Cannot reopen the log file: ${messageOf(error)}`
      this.write('error', coded('GPE_LOG_FILE', text))
    }
  }
}

/**
 * A full disk or a closed pipe is no reason to stop serving.
 * @returns the error's text, or undefined.
 */
function writeLine(descriptor: number, line: string): string | undefined {
  const bytes = Buffer.from(`${line}\n`)
  try {
    // A full disk takes a part of the line. The next write has the reason.
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at)
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}

function timeText(time: Date): string {
  const iso = time.toISOString()
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} +0000`
}

/** From the least to the most important. */
export const logLevels: readonly LineLevel[] = ['debug', 'info', 'warning', 'error', 'critical']
export type GunicornLogLevel = LineLevel
