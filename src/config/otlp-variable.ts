import type { environment } from './environment.ts'

export type Variables = ReturnType<typeof environment>

/** A variable of OTLP that is set. */
export interface OtlpVariable {
  readonly name: string
  readonly text: string
}

/**
 * The variable for metrics, or else for all signals. As in OTel, an empty variable is not set.
 * @param end the rest of the name, for example `ENDPOINT`.
 */
export function otlpVariable(variables: Variables, end: string): OtlpVariable | undefined {
  for (const name of [`OTEL_EXPORTER_OTLP_METRICS_${end}`, `OTEL_EXPORTER_OTLP_${end}`]) {
    const text = variables[name]?.trim()
    if (text) return { name, text }
  }
  return undefined
}
