import { writeSync } from 'node:fs'
import { logLimits } from '../limits/log.ts'
import { type CodedText, coded } from '../model/errors/coded-text.ts'
import { printable, printableEntry } from '../model/text/printable.ts'
import { apiKey } from '../otel/api-slot.ts'
import { jsonLine, type LogFields, type LogFormat, parseLogFormat } from './log-line.ts'
import { ChangeLogLimit } from './rate-limit.ts'

/** From the most to the least important. */
const levels = ['error', 'warn', 'info', 'debug'] as const

export type DiagnosticLevel = (typeof levels)[number]
/** The least important level that reaches stderr. */
export type LogThreshold = DiagnosticLevel | 'none'

/** Logs a text. JSON lines also get the fields; text lines and OTel's `diag` do not. */
type LogText<Text extends string = string> = (text: Text, fields?: LogFields) => void

/**
 * Logs to OTel's `diag`, and to stderr as far as the threshold allows. Errors and warnings go to
 * stderr once for each text, up to `logLimits.warnings` texts. Never throws.
 */
export const log: {
  readonly error: LogText<CodedText>
  readonly warn: LogText<CodedText>
  readonly info: LogText
  readonly debug: LogText
} = {
  error: (text, fields) => write('error', text, fields),
  warn: (text, fields) => write('warn', text, fields),
  info: (text, fields) => write('info', text, fields),
  debug: (text, fields) => write('debug', text, fields),
}

/**
 * Logs the change of a state as a warning, each time. stderr gets at most `logLimits.stateChanges`
 * lines of one subject in `logLimits.stateChangePeriodMs`, and the last line after that period.
 * Never throws.
 * @param subject the name of the thing with the state; the program has a few names.
 */
export function logChange(subject: string, text: CodedText): void {
  diagnoseQuietly('warn', text)
  if (reachesStderr('warn')) changes.print(subject, text)
}

/** Prints a warning on stderr as far as the threshold allows. The caller limits the lines. */
export function warnOnStderr(text: CodedText, fields?: LogFields): void {
  if (reachesStderr('warn')) print('warn', text, fields)
}

const changes = new ChangeLogLimit({
  print: (text, component) => print('warn', text, { component }),
  periodMs: logLimits.stateChangePeriodMs,
})
let threshold: LogThreshold = 'warn'
let format: LogFormat = 'text'
const printed = new Set<string>()

/** The values of the variables, before the settings are known. */
export interface LogVariables {
  readonly OTEL_LOG_LEVEL?: string | undefined
  readonly PROMETHEUS_LOG_FORMAT?: string | undefined
}

/** Sets level and format for messages about settings. Unknown values count as the default. */
export function readLogVariables(variables: LogVariables): void {
  setLogLevel(parseLogLevel(variables.OTEL_LOG_LEVEL ?? '') ?? 'warn')
  setLogFormat(parseLogFormat(variables.PROMETHEUS_LOG_FORMAT))
}

/** Sets the format of all further lines on stderr. Default: text. */
export function setLogFormat(next: LogFormat): void {
  format = next
}

/** Sets the least important level for stderr. OTel's `diag` has a level of its own. */
export function setLogLevel(level: LogThreshold): void {
  threshold = level
}

/** Reads OTel's name of a level, in upper or lower case; undefined for any other text. */
export function parseLogLevel(text: string): LogThreshold | undefined {
  return thresholds.get(text.trim().toLowerCase())
}

/**
 * Logs to OTel's `diag` alone, for messages that concern the application. Calls the logger in the
 * slot that all copies of the API share, without loading the API. Without a logger, nothing
 * happens.
 * @throws when the application's logger throws.
 */
export function diagnose(level: DiagnosticLevel, text: string): void {
  const { [apiKey]: registered } = globalThis as { [apiKey]?: { readonly diag?: Diag } }
  registered?.diag?.[level]?.(printable(text))
}

type Diag = Partial<Record<DiagnosticLevel, (text: string) => void>>

const thresholds = new Map<string, LogThreshold>([
  ['none', 'none'],
  ['error', 'error'],
  ['warn', 'warn'],
  ['info', 'info'],
  ['debug', 'debug'],
  ['verbose', 'debug'],
  ['all', 'debug'],
])

function write(level: DiagnosticLevel, text: string, fields?: LogFields): void {
  diagnoseQuietly(level, text)
  try {
    if (reachesStderr(level)) writeOnStderr(level, text, fields)
  } catch {
    // The application has replaced a function that the log needs.
  }
}

function writeOnStderr(level: DiagnosticLevel, text: string, fields?: LogFields): void {
  const isRemembered = level === 'error' || level === 'warn'
  if (!isRemembered) print(level, text, fields)
  else if (!printed.has(text) && printed.size <= logLimits.warnings) {
    printed.add(text)
    if (printed.size <= logLimits.warnings) print(level, text, fields)
    else print(level, lastWarning)
  }
}

const name = 'gunicorn-prometheus-exporter'

function diagnoseQuietly(level: DiagnosticLevel, text: string): void {
  try {
    diagnose(level, `${name}: ${text}`)
  } catch {
    // The application's logger throws: no other channel can report the error.
  }
}

function reachesStderr(level: DiagnosticLevel): boolean {
  return threshold !== 'none' && levels.indexOf(level) <= levels.indexOf(threshold)
}

const lastWarning = coded('GPE_LOG_LIMIT', 'no further warnings are printed')

function print(level: DiagnosticLevel, message: string, fields?: LogFields): void {
  const line =
    format === 'text'
      ? `${name}: ${printableEntry(message)}`
      : jsonLine({
          level: level === 'warn' ? 'warning' : level,
          message,
          component: 'preload',
          fields,
        })
  try {
    // `process.stderr` would emit the error of a closed pipe, and end the application.
    writeSync(2, `${line}\n`)
  } catch {
    // A closed or a full stderr must not stop the service.
  }
}
