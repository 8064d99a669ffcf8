import { expositionLimits } from '../limits/exposition.ts'
import type { Page, PageFamily } from './text.ts'

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
export function selectFrom({ text, families }: Page, names: ReadonlySet<string>): string {
  let kept = ''
  for (const family of families) kept += cutFamily(text, family, names)
  return kept + text.slice(families.at(-1)?.end ?? 0)
}

function cutFamily(text: string, family: PageFamily, names: ReadonlySet<string>): string {
  const { name, samples, start, samplesStart, end } = family
  const selected = samples.filter((sample) => names.has(sample))
  if (names.has(name) || selected.length === samples.length) return text.slice(start, end)
  if (selected.length === 0) return ''
  return text.slice(start, samplesStart) + linesOf(text.slice(samplesStart, end), selected)
}

/** The lines of samples with these names, each with its newline. */
function linesOf(text: string, names: readonly string[]): string {
  let kept = ''
  let at = 0
  while (at < text.length) {
    const next = text.indexOf('\n', at) + 1
    if (names.some((name) => isOf(name, text, at))) kept += text.slice(at, next)
    at = next
  }
  return kept
}

function isOf(name: string, text: string, at: number): boolean {
  const behind = text[at + name.length]
  return (behind === '{' || behind === ' ') && text.startsWith(name, at)
}
