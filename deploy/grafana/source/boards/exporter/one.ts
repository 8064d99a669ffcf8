import type { Frame } from '../../panel.ts'
import type { LinesSpec, Placed } from '../../panels.ts'
import { lines } from '../../panels.ts'
import { rate, sum } from '../../promql.ts'

export const page = 'docs/metrics.md#the-exporter'

export const third: Frame = { width: 8, height: 8, page, python: 'none' }

export const name = '{{job}} {{instance}}'

export const keys = 'job, instance'

/** A panel of one third, with one query. */
type One = Pick<LinesSpec, 'title' | 'description' | 'unit'> &
  Partial<LinesSpec> & { readonly expression: string; readonly legend: string }

export function one({ expression, legend, ...spec }: One): Placed {
  return lines({ ...third, queries: [{ expression, legend }], ...spec })
}

export function perCall(seconds: string, calls: string): string {
  return `${sum(keys, rate(seconds))} / (${sum(keys, rate(calls))} > 0)`
}
