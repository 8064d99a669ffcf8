import { configLimits } from '../limits/config.ts'
import { nearestName } from '../support/nearest-name.ts'
import { settings, table } from './table.ts'

const root = 'exporter'

/** Keys below `exporter`. */
export const knownKeys: ReadonlySet<string> = new Set(settings.flatMap(({ keys }) => keys))
/** Keys that protect the endpoint: an empty value is a fault. */
const accessKeys: ReadonlySet<string> = new Set(
  settings.flatMap(({ topic, keys }) => (topic === table.authPassword.topic ? keys : [])),
)
const secretKeys: ReadonlySet<string> = new Set(
  settings.flatMap(({ kind, keys }) => (kind.isSecret ? keys : [])),
)
/** Settings that can be maps. */
export const mapKeys: ReadonlySet<string> = new Set(
  settings.flatMap(({ kind, keys }) => (kind.isMap ? keys : [])),
)
const knownSections: ReadonlySet<string> = new Set(
  [...knownKeys].flatMap((key) => parents(key)).concat(''),
)

/** A key as messages may show the key, and the rest of the sentence. */
type Fault = readonly [key: string, text: string]

/** @param key a dotted path. @returns undefined for a known key with a value of its kind. */
export function keyFault(key: string, value: unknown): Fault | undefined {
  const fault = faultOf(key, value)
  return fault && [fault[0].slice(0, configLimits.shownKeyChars), fault[1]]
}

function faultOf(key: string, value: unknown): Fault | undefined {
  if (key !== root && !key.startsWith(`${root}.`)) return [key, outsideRoot(key)]
  const name = key === root ? '' : withoutRoot(key)
  if (knownSections.has(name)) {
    return isEmpty(value)
      ? undefined
      : [key, `is a value; allowed are ${keysBelow(name)} below it.`]
  }
  const outer = parents(name).find((each) => knownKeys.has(each))
  // The message names no key below: a password in braces reads as a map with a key.
  if (outer !== undefined) return [`${root}.${outer}`, 'is a section; allowed is a value.']
  const text = knownKeys.has(name) ? valueFault(name, value) : unknownKey(name)
  return text === undefined ? undefined : [key, text]
}

function outsideRoot(key: string): string {
  const right = knownKeys.has(key) ? key : nearestName(withoutFirst(key), knownKeys)
  return right === undefined
    ? `is not a known key; allowed is ${root}, with everything below it.`
    : `is not a known key; did you mean ${root}.${right}?`
}

function unknownKey(name: string): string {
  const right = nearestName(name, knownKeys)
  return right === undefined
    ? `is not a known key; allowed are ${allowedBeside(name)}.`
    : `is not a known key; did you mean ${root}.${right}?`
}

function valueFault(name: string, value: unknown): string | undefined {
  if (isForgotten(name, value)) return 'is left empty; allowed is a value, or null for none.'
  if (mapKeys.has(name) && value instanceof Map) return mapFault(value)
  const isGood = typeof value === 'string' || isEmpty(value) || isScalarList(value)
  return isGood ? undefined : 'is a list with sections or lists in it; allowed are single values.'
}

function mapFault(map: ReadonlyMap<unknown, unknown>): string | undefined {
  const isGood = [...map.values()].every((value) => typeof value === 'string')
  return isGood
    ? undefined
    : 'is a map with an empty value, a list or a map in it; allowed are texts.'
}

/** The known keys that a key with a fault most likely means. */
export function keysMeantBy(key: string): string[] {
  const name = key === root ? '' : withoutRoot(key)
  const near = nearestName(name, knownKeys)
  return [...knownKeys].filter(
    (each) => each === name || each === near || name === '' || each.startsWith(`${name}.`),
  )
}

/** The key below `exporter`. */
export function withoutRoot(key: string): string {
  return key.startsWith(`${root}.`) ? key.slice(root.length + 1) : key
}

/** `exprter.hooks` → `hooks`. */
function withoutFirst(key: string): string {
  return nearestName(key.split('.')[0] ?? '', [root]) ? key.slice(key.indexOf('.') + 1) : key
}

/** Whether a secret is empty: the endpoint would be open. */
function isForgotten(name: string, value: unknown): boolean {
  if (value === null || !isEmpty(value)) return false
  return accessKeys.has(name) || (secretKeys.has(name) && value !== '')
}

/** The keys of the nearest known section, for a mistyped key. */
function allowedBeside(name: string): string {
  const section = parents(name).findLast((each) => knownSections.has(each)) ?? ''
  const place = section === '' ? root : `${root}.${section}`
  return `${keysBelow(section)} below ${place}`
}

function keysBelow(section: string): string {
  const start = section === '' ? '' : `${section}.`
  const names = [...knownKeys].filter((key) => key.startsWith(start))
  return [...new Set(names.map((key) => key.slice(start.length).split('.')[0]))].join(', ')
}

/** `a.b.c` → `a`, `a.b`. */
function parents(key: string): string[] {
  const parts = key.split('.')
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('.'))
}

export function isEmpty(value: unknown): boolean {
  if (value instanceof Map) return value.size === 0
  return value === undefined || value === null || value === ''
}

function isScalarList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
