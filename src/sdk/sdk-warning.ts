import { logLimits } from '../limits/log.ts'
import { diagnose } from '../log/log.ts'

const warned = new Set<string>()

/**
 * Logs a warning to OTel's `diag`. Beside the user's own SDK, stderr belongs to the application.
 * Logs each text once, and at most `logLimits.warnings` texts. Never throws.
 */
export function warnOnce(text: string): void {
  if (warned.has(text) || warned.size >= logLimits.warnings) return
  warned.add(text)
  try {
    diagnose('warn', `gunicorn-prometheus-exporter: ${text}`)
  } catch {
    // The logger belongs to the application and can throw.
  }
}
