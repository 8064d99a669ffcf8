import { logLimits } from '../limits/log.ts'
import { coded } from '../model/errors/coded-text.ts'
import { type HungProcess, hangFields, hangText } from '../model/hang.ts'
import { LineLimit } from './line-limit.ts'
import { diagnose, warnOnStderr } from './log.ts'

/**
 * Logs a process that hangs to OTel's `diag` and to stderr. stderr gets at most `logLimits.hangs`
 * lines in `logLimits.hangPeriodMs`.
 * @throws when the application's logger throws.
 */
export function logHang(hung: HungProcess): void {
  const text = coded('GPE_PROCESS_HANGS', hangText(hung))
  lines.print(text, hangFields(hung))
  diagnose('warn', text)
}

const lines = new LineLimit({
  print: warnOnStderr,
  lines: logLimits.hangs,
  periodMs: logLimits.hangPeriodMs,
  summary: (leftOut) =>
    coded('GPE_PROCESS_HANGS', `${leftOut} lines about processes that hang were left out`),
})
