/** OTel's label value for values that are unknown, or over a limit. */
export const other = '_OTHER'

/** The `endpoint` of all 4xx responses without a route. A scanner's paths are no endpoints. */
export const unmatched = '_UNMATCHED'

/**
 * One segment of a template that matches any text: `*`, `*name`, `{*name}`, `{p*}`, `:x*`,
 * `:x(*)`, `:x{.*}`, `[...x]`.
 */
const wildcards = [
  /\*+:?\w*/,
  /\(\.\*\)/,
  /\{\*\w+\}/,
  /\{\w*\*\d*\}/,
  /:\w*(?:[*+]|\(\.?[*+]\)[*+]?|\{\.[*+]\})/,
  /\[?\[\.\.\.\w+\]\]?/,
]
const wildcard = new RegExp(`^(?:${wildcards.map(({ source }) => source).join('|')})$`)
/** A regular expression that matches any text. */
const anything = /^\/\^?(?:\\\/)?\(?(?:\?:)?\.[*+]\)?\$?\/[a-z]*$/
const optionalWildcard = /^\/?\{\/\*\w+\}$/

/**
 * The template without doubled slashes. Undefined if the template says nothing: a catch-all such as
 * `/{*splat}` answers every path, so that it is no route.
 */
export function routeTemplate(template: string, maxChars: number): string | undefined {
  const cut = template.slice(0, maxChars).replaceAll(/\/{2,}/g, '/')
  const segments = cut.split('/').filter((segment) => segment !== '')
  const isCatchAll =
    (segments.length > 0 && segments.every((segment) => wildcard.test(segment))) ||
    anything.test(cut) ||
    optionalWildcard.test(cut)
  if (isCatchAll) return undefined
  return cut === '' ? '/' : cut
}

const identifiers = [
  /\d+/,
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/,
  /(?=[a-z]*\d)[0-9a-f]{12,}/,
  /(?=.*\d)[\w~-]{20,}/,
]
const identifier = new RegExp(`^(?:${identifiers.map(({ source }) => source).join('|')})$`, 'i')
const webToken = /^eyJ[\w-]{7,}(?:\.[\w-]*){1,4}$/
const dated = /^\d[\d.:T_-]*Z?$/

/**
 * Folds the ids of a request target into a template: `/users/42?x=1` becomes `/users/:id`.
 * Numbers, UUIDs, long hexadecimal strings, dates and long tokens with a digit count as ids. So do
 * e-mail addresses and JSON web tokens. Parameters after a semicolon are left out.
 */
export function foldPath(target: string, maxChars: number): string {
  const path = pathOf(target, maxChars)
  if (!path.startsWith('/')) return other
  return path.split('/').map(foldSegment).join('/')
}

function foldSegment(segment: string): string {
  const [name = ''] = segment.split(';', 1)
  const patterns = [identifier, dated, webToken]
  return patterns.some((pattern) => pattern.test(name)) || isMailAddress(name) ? ':id' : name
}

/** `a@b.org`, also encoded. `icon@2x.png` is the name of an image. */
function isMailAddress(segment: string): boolean {
  const start = segment.search(/@|%40/i)
  if (start < 1) return false
  const domain = segment.slice(start)
  return /\.[a-z]{2,}$/i.test(domain) && !/^(?:@|%40)\dx\./i.test(domain)
}

/** The path of a request target, without query. */
export function pathOf(target: string, maxChars: number): string {
  const cut = target.length > maxChars ? target.slice(0, maxChars) : target
  const absolute = /^[a-z]+:\/\/[^/?#]*/i.exec(cut)
  const start = absolute ? absolute[0].length : 0
  const end = cut.slice(start).search(/[?#]/)
  const path = end < 0 ? cut.slice(start) : cut.slice(start, start + end)
  return absolute && path === '' ? '/' : path
}
