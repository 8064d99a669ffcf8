import { expositionLimits } from '../limits/exposition.ts'
import { type Page, type PageFamily, partsOf } from './page.ts'

/** The part of a page that a scrape requests: everything, or samples and families by name. */
export type Selection = 'everything' | ReadonlySet<string>

/**
 * Reads the repeated parameter `name[]`, as Prometheus's Python client does. Skips empty names.
 * @param query without the question mark.
 * @returns undefined for more than expositionLimits.pageNames names.
 */
export function selectionOf(query: string): Selection | undefined {
  if (query === '') return 'everything'
  const given = new URLSearchParams(query).getAll('name[]').filter((name) => name !== '')
  if (given.length > expositionLimits.pageNames) return undefined
  return given.length === 0 ? 'everything' : new Set(given)
}

/**
 * The selected part of a page, in the same format. The name of a sample selects samples of that
 * name. The name of a family selects all of its samples.
 */
export function selectFrom({ families, end }: Page, names: ReadonlySet<string>): Buffer[] {
  return partsOf({ families: families.flatMap((family) => selectedFrom(family, names)), end })
}

function selectedFrom(family: PageFamily, names: ReadonlySet<string>): PageFamily[] {
  const { name, samples, parts } = family
  const selected = samples.filter((sample) => names.has(sample))
  if (names.has(name) || selected.length === samples.length) return [family]
  if (selected.length === 0) return []
  const starts = selected.flatMap((each) => [Buffer.from(`${each}{`), Buffer.from(`${each} `)])
  return [{ ...family, parts: parts.flatMap((part) => linesOf(part, starts)) }]
}

/** The lines with one of these starts. Neighbours stay together. */
function linesOf(part: Buffer, starts: readonly Buffer[]): Buffer[] {
  const kept: Buffer[] = []
  let keptFrom = 0
  let at = 0
  while (at < part.length) {
    if (!starts.some((start) => startsWith(part, at, start))) {
      if (keptFrom < at) kept.push(part.subarray(keptFrom, at))
      keptFrom = part.indexOf(newline, at) + 1
    }
    at = part.indexOf(newline, at) + 1
  }
  if (keptFrom < at) kept.push(part.subarray(keptFrom, at))
  return kept
}

function startsWith(part: Buffer, at: number, start: Buffer): boolean {
  const end = at + start.length
  return end <= part.length && part.compare(start, 0, start.length, at, end) === 0
}

const newline = 10
