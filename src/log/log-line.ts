import { codeIn } from '../model/errors/coded-text.ts'
import { printableJson } from '../model/text/printable.ts'
import { unixNow } from '../support/intrinsics/unix-now.ts'
import { isoTime } from '../support/iso-time.ts'

/** How lines on stderr and in the log file look. */
export type LogFormat = 'text' | 'json'

/** Levels of JSON lines, in gunicorn's words. */
export type LineLevel = 'debug' | 'info' | 'warning' | 'error' | 'critical'

/**
 * Facts of a JSON line beside the message, for example `workerId` or `workerPid`. Text lines do not
 * show the facts. `ts`, `level`, `message` and `pid` cannot be replaced: `pid` is the pid of the
 * process that logs.
 */
export type LogFields = Readonly<Record<string, LogValue>> & {
  /** The part that logs, instead of the part that the log belongs to. */
  readonly component?: string
  /** For a message with several codes of its own. Default: the code of the message. */
  readonly code?: string | undefined
}

type LogValue = string | number | boolean | null | undefined | readonly string[]

export interface LogEntry {
  readonly level: LineLevel
  readonly message: string
  readonly component: string
  readonly fields?: LogFields | undefined
}

/** The entry as one line of JSON, without a line break at the end. */
export function jsonLine({ level, message, component, fields }: LogEntry): string {
  const code = fields?.code ?? codeIn(message)
  const facts = {
    ...{ ts: isoTime(unixNow()), level },
    ...(code === undefined ? {} : { code }),
    ...{ message, pid: process.pid },
  }
  // Facts first, for the order; facts last, so that a field cannot replace a fact.
  return printableJson(JSON.stringify({ ...facts, component, ...fields, ...facts }))
}

/** Reads a value of PROMETHEUS_LOG_FORMAT before the settings are known. Other texts are text. */
export function parseLogFormat(text: string | undefined): LogFormat {
  return text?.trim().toLowerCase() === 'json' ? 'json' : 'text'
}
