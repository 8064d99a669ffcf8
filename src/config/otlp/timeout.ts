import type { Variables } from '../otlp-variable.ts'

/** Longest timeout of a request, milliseconds. A longer time can overflow the timer of Node.js. */
const longestMs = 86_400_000

export const allowedTimeout: string = `milliseconds above 0, up to ${longestMs}`

export function isTimeout(text: string): boolean {
  const ms = Number(text)
  return ms > 0 && ms <= longestMs
}

/** The first good timeout of a request in the environment, milliseconds. */
export function timeoutIn(variables: Variables): number | undefined {
  const text = timeoutNames.map((name) => variables[name]?.trim() ?? '').find(isTimeout)
  return text === undefined ? undefined : Number(text)
}

/** The variable for metrics wins. OTel reads the other variable if the first is wrong. */
const timeoutNames = ['OTEL_EXPORTER_OTLP_METRICS_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT']
