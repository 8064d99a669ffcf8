import { environment } from '../../config/environment.ts'
import { doctorHint } from '../../log/doctor-hint.ts'
import { jsonLine, type LogFormat, parseLogFormat } from '../../log/log-line.ts'
import { type CodedText, firstCode } from '../../model/errors/coded-text.ts'
import { printable } from '../../model/text/printable.ts'
import { printError } from './output.ts'

/** Exit code for wrong usage. */
export const misuse = 2

export interface RefusalOptions {
  /** A usage text below the faults; JSON lines leave the text out. */
  readonly help?: string
  readonly warnings?: readonly CodedText[]
  /** Default: the format of the variable. */
  readonly logFormat?: LogFormat
  readonly pointsToDoctor?: boolean
}

/** Writes what is wrong with a command line to stderr. The process ends with the exit code 2. */
export function refuse(faults: readonly CodedText[], options: RefusalOptions = {}): void {
  const { help, warnings = [], logFormat, pointsToDoctor = false } = options
  const hint = pointsToDoctor ? doctorHint() : ''
  const format = logFormat ?? parseLogFormat(environment()['PROMETHEUS_LOG_FORMAT'])
  const lines = [...faults, ...warnings.map((text) => `Warning: ${text}`)]
  if (hint !== '') lines.push(hint.trim())
  if (help !== undefined) lines.push('', help)
  const line =
    format === 'text'
      ? `gunicorn-prometheus-exporter: ${printable(lines.join('\n'))}`
      : jsonLine({
          level: 'error',
          message: `${faults.join(' ')}${hint}`,
          component: 'cli',
          fields: { code: firstCode(faults), faults, warnings },
        })
  printError(line)
  process.exitCode = misuse
}
