import { frameworkLimits } from '../../../../limits/frameworks.ts'
import { fits, pathTemplate } from './paths.ts'

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

/** Templates of layers without a declared path. A layer can have several paths. */
const derived = new WeakMap<Layer, string[]>()

/** @param path the text that the layer has matched, without a slash at the end. */
export function layerTemplate(layer: Layer, path: string): string {
  if (layer.slash === true) return ''
  if (layer.rawPath !== undefined) return pathTemplate(layer.rawPath, path)
  const known = derived.get(layer) ?? []
  derived.set(layer, known)
  const fitting = known.find((template) => fits(template, path))
  if (fitting !== undefined) return fitting
  const template = probedTemplate(layer, path.split('/'))
  if (known.length < frameworkLimits.layerTemplates) known.push(template)
  return template
}

/** Values that fit a parameter without a pattern, or with a common one. */
const probes = ['zq7probe', '7310529', 'zqprobe', '7d1f3a90-0b6e-4c1d-9a53-2f8e6b7c4d10']

/**
 * Finds the parameters of a layer without a declared path. The function replaces a segment by
 * another text. If the layer still matches, and the text becomes the value of a parameter, the
 * segment is this parameter. Values of the request do not count: a client cannot choose the
 * template.
 */
function probedTemplate(layer: Layer, segments: readonly string[]): string {
  const first = segments.slice(0, frameworkLimits.probedSegments)
  const names = first.map((_, index) => parameterAt(layer, segments, index))
  const { params = {} } = matchLayer(layer, segments.join('/')) ?? {}
  // A parameter whose pattern fits no probe: its value is the segment.
  for (const name of Object.keys(params).filter((each) => !names.includes(each))) {
    const index = first.findIndex((text, at) => names[at] === undefined && text === params[name])
    if (index >= 0) names[index] = name
  }
  // A wildcard has the value of several segments. Clients choose their number.
  const isFirst = (index: number): boolean => !names[index] || names[index] !== names[index - 1]
  const texts = first.map((text, index) => (names[index] ? `:${names[index]}` : text))
  return texts.filter((_, index) => isFirst(index)).join('/')
}

function parameterAt(layer: Layer, segments: readonly string[], index: number): string | undefined {
  if (segments[index] === '') return undefined
  for (const probe of probes) {
    const path = segments.with(index, probe).join('/')
    const match = matchLayer(layer, path)
    if (match === undefined || match.path.length < path.length) continue
    const found = Object.entries(match.params).find(([, value]) => String(value).includes(probe))
    return found?.[0]
  }
  return undefined
}
