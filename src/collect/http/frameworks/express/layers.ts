import { frameworkLimits } from '../../../../limits/frameworks.ts'
import { fits, pathTemplate } from './paths.ts'
import { alternativesOf } from './regexp-template.ts'

/** The parts of a layer in Express 4, in Express 5, or in both. */
export interface Layer {
  readonly route?: unknown
  readonly handle?: unknown
  /** The path as declared: `router` 2.3 and later. */
  readonly rawPath?: unknown
  /** Of a mount at `/`. */
  readonly slash?: unknown
  /** `router` 2. */
  readonly matchers?: readonly ((path: string) => LayerMatch | false)[]
  /** Express 4. */
  readonly regexp?: RegExp & { readonly fast_slash?: unknown }
  readonly keys?: readonly { readonly name: unknown }[]
}

export interface LayerMatch {
  /** The text that matched. */
  readonly path: string
  readonly params: Readonly<Record<string, unknown>>
}

/** What the layer matches at the start of a path. Does not change the layer. */
export function matchLayer(layer: Layer, path: string): LayerMatch | undefined {
  if (layer.slash === true || layer.regexp?.fast_slash === true) return { path: '', params: {} }
  if (layer.matchers) return matchOfMatchers(layer.matchers, path)
  if (!layer.regexp) throw new TypeError('a layer of Express has another form')
  const match = layer.regexp.exec(path)
  if (match === null) return undefined
  const names = layer.keys ?? []
  const entries = names.map(({ name }, index) => [String(name), match[index + 1]])
  return { path: match[0], params: Object.fromEntries(entries) }
}

function matchOfMatchers(
  matchers: NonNullable<Layer['matchers']>,
  path: string,
): LayerMatch | undefined {
  for (const matcher of matchers) {
    const match = matcher(path)
    if (match !== false) return match
  }
  return undefined
}

/** @param path the text that the layer has matched, without a slash at the end. */
export function layerTemplate(layer: Layer, path: string): string {
  if (layer.slash === true) return ''
  if (layer.rawPath !== undefined) return pathTemplate(layer.rawPath, path)
  return layer.regexp ? regexpTemplate(layer, layer.regexp, path) : matcherTemplate(layer, path)
}

/** Of regular expressions of Express 4. */
const alternatives = new WeakMap<RegExp, ReturnType<typeof alternativesOf>>()

function regexpTemplate({ keys = [] }: Layer, regexp: RegExp, path: string): string {
  let known = alternatives.get(regexp)
  if (known === undefined) {
    const names = keys.map(({ name }) => String(name))
    known = alternativesOf(regexp, names)
    alternatives.set(regexp, known)
  }
  const [first] = known
  return (known.find((each) => each.regexp.test(path)) ?? first)?.template ?? unknownMount
}

/** The place of a mount that the exporter cannot tell. */
export const unknownMount = '/*'

type Matcher = NonNullable<Layer['matchers']>[number]

/** Templates of functions of layers. A path with optional parts has several templates. */
const derived = new WeakMap<Matcher, string[]>()

/** A layer of `router` 2.0 to 2.2 has one function for each path, and no path. */
function matcherTemplate({ matchers = [] }: Layer, path: string): string {
  const matcher = matchers.find((each) => each(path) !== false)
  if (matcher === undefined) return unknownMount
  const known = derived.get(matcher) ?? []
  derived.set(matcher, known)
  const fitting = known.find((template) => fits(template, path))
  if (fitting !== undefined) return fitting
  const isTooLong = path.length > frameworkLimits.probedChars
  if (isTooLong || known.length >= frameworkLimits.layerTemplates) return unknownMount
  const template = probedTemplate(matcher, path)
  known.push(template)
  return template
}

/**
 * Changes one character of the path after the other. If the function still matches, the character
 * is of a parameter or of a pattern. The characters that cannot change are the developer's.
 */
function probedTemplate(matcher: Matcher, path: string): string {
  const owners = path.split('').map((_, index) => ownerAt(matcher, path, index))
  const parts = owners.map((owner, index) => {
    if (owner === undefined) return path[index]
    return owner === owners[index - 1] ? '' : owner
  })
  return parts.join('')
}

/** Characters that fit a parameter, a number, or a word, in turn. */
const probes = ['q', '7', 'b', '3']

/** The parameter of a character, `*` for another pattern, undefined for a fixed character. */
function ownerAt(matcher: Matcher, path: string, index: number): string | undefined {
  const before = paramsOf(matcher(path))
  const char = path[index]?.toLowerCase()
  for (const probe of probes.filter((each) => each !== char)) {
    const changed = path.slice(0, index) + probe + path.slice(index + 1)
    const match = matcher(changed)
    if (match === false || match.path.length < changed.length) continue
    const found = Object.entries(match.params).find(
      ([name, value]) => String(value) !== String(before[name]),
    )
    return found === undefined ? '*' : ownerOf(found)
  }
  return undefined
}

/** A wildcard has the segments of its text. */
function ownerOf([name, value]: readonly [string, unknown]): string {
  return Array.isArray(value) ? `*${name}` : `:${name}`
}

function paramsOf(match: LayerMatch | false): LayerMatch['params'] {
  return match === false ? {} : match.params
}
