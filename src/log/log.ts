import { writeSync } from 'node:fs'
import { logLimits } from '../limits/log.ts'
import { apiKey } from '../otel/api-slot.ts'
import { ChangeLogLimit } from './rate-limit.ts'

/** From the most to the least important. */
const levels = ['error', 'warn', 'info', 'debug'] as const

export type DiagnosticLevel = (typeof levels)[number]
/** The least important level that reaches stderr. */
export type LogThreshold = DiagnosticLevel | 'none'

/**
 * Logs to OTel's `diag`, and to stderr as far as the threshold allows. Errors and warnings go to
 * stderr once for each text, up to `logLimits.warnings` texts. Never throws.
 */
export const log: Readonly<Record<DiagnosticLevel, (text: string) => void>> = {
  error: (text) => write('error', text),
  warn: (text) => write('warn', text),
  info: (text) => write('info', text),
  debug: (text) => write('debug', text),
}

/**
 * Logs the change of a state as a warning, each time. stderr gets at most `logLimits.stateChanges`
 * lines of one subject in `logLimits.stateChangePeriodMs`, and the last line after that period.
 * Never throws.
 * @param subject the name of the thing with the state; the program has a few names.
 */
export function logChange(subject: string, text: string): void {
  const line = lineOf(text)
  diagnoseQuietly('warn', line)
  if (reachesStderr('warn')) changes.print(subject, line)
}

const changes = new ChangeLogLimit({ print, periodMs: logLimits.stateChangePeriodMs })
let threshold: LogThreshold = 'warn'
const printed = new Set<string>()

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
  registered?.diag?.[level]?.(text)
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

function write(level: DiagnosticLevel, text: string): void {
  const line = lineOf(text)
  diagnoseQuietly(level, line)
  if (!reachesStderr(level)) return
  const isRemembered = level === 'error' || level === 'warn'
  if (!isRemembered) print(line)
  else if (!printed.has(text) && printed.size <= logLimits.warnings) {
    printed.add(text)
    print(printed.size > logLimits.warnings ? lastWarning : line)
  }
}

function lineOf(text: string): string {
  return `gunicorn-prometheus-exporter: ${text}`
}

function diagnoseQuietly(level: DiagnosticLevel, line: string): void {
  try {
    diagnose(level, line)
  } catch {
    // The application's logger throws: no other channel can report the error.
  }
}

function reachesStderr(level: DiagnosticLevel): boolean {
  return threshold !== 'none' && levels.indexOf(level) <= levels.indexOf(threshold)
}

const lastWarning = 'gunicorn-prometheus-exporter: no further warnings are printed'

function print(line: string): void {
  try {
    // `process.stderr` would emit the error of a closed pipe, and end the application.
    writeSync(2, `${line}\n`)
  } catch {
    // A closed or a full stderr must not stop the service.
  }
}
