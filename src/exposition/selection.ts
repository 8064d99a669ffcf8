import { expositionLimits } from '../limits/exposition.ts'
import type { InParts } from '../model/page/in-parts.ts'
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
export function* selectFrom(
  { families, end }: Page,
  names: ReadonlySet<string>,
): InParts<Buffer[]> {
  const selected: PageFamily[] = []
  for (const family of families) {
    const samples = family.samples.filter((sample) => names.has(sample))
    if (names.has(family.name) || samples.length === family.samples.length) selected.push(family)
    else if (samples.length > 0)
      selected.push({ ...family, parts: yield* linesOf(family, samples) })
  }
  return partsOf({ families: selected, end })
}

/** The lines of some samples of a family. */
function* linesOf({ parts }: PageFamily, samples: readonly string[]): InParts<Buffer[]> {
  const starts = samples.flatMap((each) => [Buffer.from(`${each}{`), Buffer.from(`${each} `)])
  const lines: Buffer[] = []
  for (const part of parts) {
    for (const each of linesIn(part, starts)) lines.push(each)
    yield
  }
  return lines
}

/** The lines with one of these starts. Neighbours stay together. */
function linesIn(part: Buffer, starts: readonly Buffer[]): Buffer[] {
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
