import { createRequire } from 'node:module'
import type * as Api from '@opentelemetry/api'
import { apiKey } from './collect/offered-provider.ts'
import { type Death, deathLevel, deathText } from './model/death.ts'

const load = createRequire(import.meta.url)

/**
 * Tells a death to OTel's `diag`. Nothing is loaded where the application has given `diag` no logger:
 * nobody would hear it, and its stderr is not ours to fill.
 * @throws where a logger of the application's throws.
 */
export function diagnose(death: Death): void {
  const { [apiKey]: registered } = globalThis as { [apiKey]?: { readonly diag?: unknown } }
  if (registered?.diag === undefined) return
  const diag = loadDiag()
  if (deathLevel(death) === 'info') diag?.info(deathText(death))
  else diag?.warn(deathText(death))
}

function loadDiag(): typeof Api.diag | undefined {
  try {
    return (load('@opentelemetry/api') as typeof Api).diag
  } catch {
    // The application's copy is out of our reach.
    return undefined
  }
}
