import { logLimits } from '../limits/log.ts'
import { diagnose } from '../log/log.ts'

const told = new Set<string>()

/**
 * Tells OTel's `diag`, where the application has given it a logger: beside a user's own SDK, stderr
 * is not ours. Once per text, logLimits.warnings of them. Never throws.
 */
export function warnOnce(text: string): void {
  if (told.has(text) || told.size >= logLimits.warnings) return
  told.add(text)
  try {
    diagnose('warn', `gunicorn-prometheus-exporter: ${text}`)
  } catch {
    // A logger that throws is the application's.
  }
}
