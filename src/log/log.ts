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
 * What the preload tells the operator: to OTel's `diag`, where the application has given it a logger, and
 * on stderr as far as the threshold allows. Errors and warnings go to stderr once per text, up to
 * logLimits.warnings of them. Never throws.
 */
export const log: Readonly<Record<DiagnosticLevel, (text: string) => void>> = {
  error: (text) => write('error', text),
  warn: (text) => write('warn', text),
  info: (text) => write('info', text),
  debug: (text) => write('debug', text),
}

/**
 * Tells, as a warning, that a state has changed: every time, since it is news every time; on stderr no more than
 * logLimits.stateChanges times in logLimits.stateChangePeriodMs of one subject, and then the last one when they are over. Never throws.
 * @param subject whose state it is: one of a few names.
 */
export function logChange(subject: string, text: string): void {
  const line = lineOf(text)
  diagnoseQuietly('warn', line)
  if (reachesStderr('warn')) changes.tell(subject, line)
}

const changes = new ChangeLogLimit({ print, periodMs: logLimits.stateChangePeriodMs })
let threshold: LogThreshold = 'warn'
const told = new Set<string>()

/** Decides what reaches stderr from now on; OTel's `diag` has a level of its own. */
export function setLogLevel(level: LogThreshold): void {
  threshold = level
}

/** Reads a level by OTel's name for it, in any case; undefined for what is none. */
export function parseLogLevel(text: string): LogThreshold | undefined {
  return thresholds.get(text.trim().toLowerCase())
}

/**
 * Tells OTel's `diag` alone: what is the application's own affair, whose stderr is not ours to fill. The
 * logger is called where all copies of the API keep it: nothing is loaded, and without one nothing happens.
 * @throws where the application's logger throws.
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
  else if (!told.has(text) && told.size <= logLimits.warnings) {
    told.add(text)
    print(told.size > logLimits.warnings ? farewell : line)
  }
}

function lineOf(text: string): string {
  return `gunicorn-prometheus-exporter: ${text}`
}

function diagnoseQuietly(level: DiagnosticLevel, line: string): void {
  try {
    diagnose(level, line)
  } catch {
    // A logger that throws is the application's, which nobody can tell here.
  }
}

function reachesStderr(level: DiagnosticLevel): boolean {
  return threshold !== 'none' && levels.indexOf(level) <= levels.indexOf(threshold)
}

const farewell = 'gunicorn-prometheus-exporter: further warnings are left out'

function print(line: string): void {
  try {
    // Not by `process.stderr`: the error of a closed pipe would come as an event that ends the application.
    writeSync(2, `${line}\n`)
  } catch {
    // A closed or a full stderr is no reason to stop serving.
  }
}
