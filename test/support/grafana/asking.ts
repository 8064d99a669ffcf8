import { fetchText } from '../programs/app.ts'
import type { DashboardQuery } from './dashboard-files.ts'

/* Asks Prometheus as Grafana does, and counts what comes back. */

export interface Span {
  /** Unix seconds. */
  readonly start: number
  readonly end: number
}

/**
 * The number of series with a number, of exemplars, or of values for a variable. Throws if
 * Prometheus refuses the query.
 */
export async function countOf(
  url: string,
  { kind, expression }: Pick<DashboardQuery, 'kind' | 'expression'>,
  span: Span,
): Promise<number> {
  if (kind === 'variable') return (await valuesOf(url, expression)).length
  if (kind === 'exemplars') return await exemplars(url, expression, span)
  const isRange = kind === 'range'
  const path = isRange ? 'query_range' : 'query'
  const times = isRange ? { start: span.start, end: span.end, step: 1 } : { time: span.end }
  const data = await ask(url, path, { query: expression, ...times })
  return data.result.filter(hasNumber).length
}

/** The sum of all series at one time. */
export async function totalOf(url: string, expression: string, time: number): Promise<number> {
  const { result } = await ask(url, 'query', { query: expression, time })
  return result.reduce((total, { value }) => total + Number(value?.[1]), 0)
}

/** The values of a variable, whose query is `label_values(series, label)`. */
export async function valuesOf(url: string, query: string): Promise<readonly string[]> {
  const [, series, label] = /^label_values\((.*), (\w+)\)$/.exec(query) ?? []
  if (series === undefined) throw new Error(`not label_values: ${query}`)
  return await ask<readonly string[]>(url, `label/${label}/values`, { 'match[]': series })
}

async function exemplars(url: string, query: string, { start, end }: Span): Promise<number> {
  const found = await ask<readonly { exemplars: readonly unknown[] }[]>(url, 'query_exemplars', {
    query,
    start,
    end,
  })
  return found.reduce((count, each) => count + each.exemplars.length, 0)
}

interface Matrix {
  readonly result: readonly Series[]
}

interface Series {
  readonly value?: readonly [number, string]
  readonly values?: readonly (readonly [number, string])[]
  readonly histogram?: unknown
  readonly histograms?: readonly unknown[]
}

function hasNumber({ value, values = [], histogram, histograms = [] }: Series): boolean {
  if (histogram !== undefined || histograms.length > 0) return true
  const all = value === undefined ? values : [value]
  return all.some(([, text]) => text !== 'NaN')
}

async function ask<T = Matrix>(
  url: string,
  path: string,
  parameters: Readonly<Record<string, string | number>>,
): Promise<T> {
  const entries = Object.entries(parameters).map(([name, value]) => [name, String(value)])
  const search = new URLSearchParams(Object.fromEntries(entries))
  return JSON.parse(await fetchText(`${url}/api/v1/${path}?${search}`)).data
}
