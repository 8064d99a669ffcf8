import assert from 'node:assert/strict'
import { resolvedOf, resolveSettings } from '../../../src/config/resolve/resolve.ts'
import { sentencesOf } from './sentences.ts'

export type Environment = Readonly<Record<string, string>>

export const prefix = 'OTEL_EXPORTER_OTLP_'

interface Told {
  readonly faults: readonly string[]
  readonly warnings: readonly string[]
  readonly notes: readonly string[]
}

export const nothing: Told = { faults: [], warnings: [], notes: [] }

/** What `check` says about variables of OTLP. The names of the variables have no prefix. */
export function told(variables: Environment, checksUse = true): Told {
  const entries = Object.entries(variables).map(([name, text]) => [`${prefix}${name}`, text])
  const environment = { OTEL_METRICS_EXPORTER: 'otlp', ...Object.fromEntries(entries) }
  const resolution = resolveSettings({ environment, checksUse })
  const faults = resolution.kind === 'faults' ? sentencesOf(resolution.faults) : []
  const { warnings, notes } = resolvedOf(resolution)
  return { faults, warnings: sentencesOf(warnings), notes: sentencesOf(notes) }
}

/** Fails unless `check` finds this fault and nothing else. A text has no prefix. */
export function assertFault(variables: Environment, fault: string | RegExp): void {
  const { faults, ...others } = told(variables)
  assert.deepEqual(others, { warnings: [], notes: [] })
  if (typeof fault === 'string') assert.deepEqual(faults, [`${prefix}${fault}`])
  else assert.match(faults.join('\n'), fault)
  assert.equal(faults.length, 1)
}
