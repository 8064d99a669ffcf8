/**
 * The template of a path of Express: a text, a regular expression, or several of both. Of several,
 * the first one that fits the path counts. A regular expression stands for itself.
 */
export function pathTemplate(path: unknown, actual: string): string {
  if (typeof path === 'string') return path
  if (path instanceof RegExp) return String(path)
  if (!Array.isArray(path)) throw new TypeError('the path of a route has another form')
  const several: unknown[] = path.flat(Number.POSITIVE_INFINITY)
  const fitting = several.find((each) => fits(each, actual)) ?? several[0]
  return Array.isArray(fitting) ? '' : pathTemplate(fitting ?? '', actual)
}

/** Whether the path can be one of the template. Texts with optional parts or wildcards may be. */
export function fits(template: unknown, path: string): boolean {
  if (template instanceof RegExp) return template.test(path)
  if (typeof template !== 'string') return false
  if (isOpen(template)) return true
  const parts = segmentsOf(template)
  const segments = segmentsOf(path)
  return (
    parts.length === segments.length &&
    parts.every((part, index) => fitsSegment(part, segments[index] ?? ''))
  )
}

/** Whether the template has no fixed number of segments. */
export function isOpen(template: string): boolean {
  return /[*+?(){}[\]\\]/.test(template)
}

export function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '')
}

/** Express ignores the case of letters, unless told otherwise. */
function fitsSegment(part: string, segment: string): boolean {
  const [fixed = '', ...parameters] = part.toLowerCase().split(':')
  const text = segment.toLowerCase()
  return parameters.length > 0 ? text.startsWith(fixed) : text === fixed
}
