import { logLimits } from '../limits/log.ts'
import { type Death, deathFields, deathLevel, deathText, isAbnormal } from '../model/death.ts'
import { coded } from '../model/errors/coded-text.ts'
import { LineLimit } from './line-limit.ts'
import { diagnose, warnOnStderr } from './log.ts'

/**
 * Logs the end of a worker to OTel's `diag`, and an abnormal end to stderr. A crash loop must not
 * fill the disk: stderr gets at most `logLimits.deaths` lines in `logLimits.deathPeriodMs`.
 * @throws when the application's logger throws.
 */
export function logDeath(death: Death): void {
  if (deathLevel(death) === 'info') {
    diagnose('info', deathText(death))
    return
  }
  const text = coded('GPE_WORKER_DIED', deathText(death))
  if (isAbnormal(death)) lines.print(text, deathFields(death))
  diagnose('warn', text)
}

const lines = new LineLimit({
  print: warnOnStderr,
  lines: logLimits.deaths,
  periodMs: logLimits.deathPeriodMs,
  summary: (leftOut) =>
    coded('GPE_WORKER_DIED', `${leftOut} lines about ended workers were left out`),
})
