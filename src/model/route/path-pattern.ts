import { routeTemplate } from '../endpoint.ts'

/** Characters of a pattern. */
const mostChars = 200
/** Segments of a pattern. */
const mostSegments = 20

/**
 * A pattern of paths. `*` and `:name` stand for one segment, `**` at the end for any number. Other
 * segments stand for themselves. A match takes one step for each segment, for any pattern and path.
 */
export interface PathPattern {
  readonly text: string
  readonly segments: readonly string[]
  /** Whether the pattern ends in `**`. */
  readonly isOpen: boolean
}

/** A pattern, and the endpoint of the paths that match. */
export interface PathRule {
  readonly pattern: PathPattern
  readonly template: string
}

export const patternForm: string =
  `a path of at most ${mostChars} characters and ${mostSegments} segments, with * or :name for ` +
  'one segment and ** for all at the end'

export const templateForm: string = 'begins with / and has a segment that is no wildcard'

/** Undefined for a text that is no pattern. */
export function parsePathPattern(text: string): PathPattern | undefined {
  if (text.length > mostChars || !/^\/[^\s,?#>]*$/.test(text)) return undefined
  const segments = text.slice(1).split('/')
  const isOpen = segments.at(-1) === '**'
  if (isOpen) segments.pop()
  const isGood = segments.length <= mostSegments && segments.every(isSegment)
  return isGood ? { text, segments, isOpen } : undefined
}

/** `pattern => template`, or a pattern that is its own template. */
export function parsePathRule(text: string): PathRule | undefined {
  const [left = '', right] = text.split('=>', 2).map((part) => part.trim())
  const pattern = parsePathPattern(left)
  const template = right ?? left
  return pattern && isTemplate(template) ? { pattern, template } : undefined
}

/** A slash at the end of the path does not count, unless the pattern has a slash at its end. */
export function matchesPath({ segments, isOpen }: PathPattern, path: string): boolean {
  const parts = path.slice(1).split('/')
  if (parts.length > segments.length && parts.at(-1) === '') parts.pop()
  const hasLength = isOpen ? parts.length >= segments.length : parts.length === segments.length
  return hasLength && segments.every((segment, index) => fits(segment, parts[index] ?? ''))
}

/** A template of wildcards only would give all paths one name. */
function isTemplate(text: string): boolean {
  const hasForm = text.length <= mostChars && /^\/[^\s,?#>]*$/.test(text)
  return hasForm && routeTemplate(text, mostChars) !== undefined
}

function isSegment(segment: string): boolean {
  return isPlaceholder(segment) || !segment.includes('*')
}

function isPlaceholder(segment: string): boolean {
  return segment === '*' || /^:\w+$/.test(segment)
}

function fits(segment: string, part: string): boolean {
  return isPlaceholder(segment) ? part !== '' : segment === part
}
