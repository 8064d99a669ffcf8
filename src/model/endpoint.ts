/** OTel's label value for values that are unknown, or over a limit. */
export const other = '_OTHER'

/** The `endpoint` of all 404 responses without a route. A scanner's paths are no endpoints. */
export const unmatched = '_UNMATCHED'

const identifiers = [
  /\d+/,
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/,
  /(?=[a-z]*\d)[0-9a-f]{12,}/,
  /(?=.*\d)[\w~-]{20,}/,
]
const identifier = new RegExp(`^(?:${identifiers.map(({ source }) => source).join('|')})$`, 'i')
const dated = /^\d[\d.:T_-]*Z?$/

/**
 * Folds the ids of a request target into a template: `/users/42?x=1` becomes `/users/:id`.
 * Numbers, UUIDs, long hexadecimal strings, dates and long tokens with a digit count as ids.
 */
export function foldPath(target: string, maxChars: number): string {
  const path = pathOf(target, maxChars)
  if (!path.startsWith('/')) return other
  return path.split('/').map(foldSegment).join('/')
}

function foldSegment(segment: string): string {
  return identifier.test(segment) || dated.test(segment) ? ':id' : segment
}

function pathOf(target: string, maxChars: number): string {
  const cut = target.length > maxChars ? target.slice(0, maxChars) : target
  const absolute = /^[a-z]+:\/\/[^/?#]*/i.exec(cut)
  const start = absolute ? absolute[0].length : 0
  const end = cut.slice(start).search(/[?#]/)
  const path = end < 0 ? cut.slice(start) : cut.slice(start, start + end)
  return absolute && path === '' ? '/' : path
}
