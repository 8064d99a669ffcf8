import { existsSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { configLimits } from '../limits/config.ts'
import { messageOf } from '../support/error-message.ts'
import { nearestName } from '../support/nearest-name.ts'
import { readDocument } from './config-document.ts'
import { type Problem, unknownName } from './problem.ts'
import { settings, table } from './table.ts'

/** The content of a configuration file. */
export interface ConfigFile {
  /** Absolute; empty without a file. */
  readonly path: string
  /** Texts by dotted key below `exporter`; empty values are left out. */
  readonly values: ReadonlyMap<string, string | readonly string[]>
  readonly faults: readonly Problem[]
  /** Keys that the file may mean to set: of parts with a fault, or of a file that is not YAML. */
  readonly doubtful: ReadonlySet<string>
}

export const emptyFile: ConfigFile = {
  path: '',
  values: new Map(),
  faults: [],
  doubtful: new Set(),
}

/** The file in the working directory, when no file is named. */
const defaultFile = 'gunicorn-prometheus-exporter.yml'

const knownKeys: ReadonlySet<string> = new Set(settings.flatMap(({ keys }) => keys))
/** Keys that protect the endpoint: an empty value is a fault. */
const accessKeys: ReadonlySet<string> = new Set(
  settings.flatMap(({ topic, keys }) => (topic === table.authPassword.topic ? keys : [])),
)
const secretKeys: ReadonlySet<string> = new Set(
  settings.flatMap(({ kind, keys }) => (kind.isSecret ? keys : [])),
)
const knownSections: ReadonlySet<string> = new Set(
  [...knownKeys].flatMap((key) => parents(key)).concat(''),
)

/** Reads the named file, or the file in the working directory, if any. */
export function findConfigFile(named: string | undefined): ConfigFile | undefined {
  if (named?.trim()) return readConfigFile(named.trim())
  return existsSync(defaultFile) ? readConfigFile(defaultFile) : undefined
}

/**
 * Reads a YAML file with the single key `exporter`. Scalars stay texts, so that each setting reads
 * its own values, and a password of digits keeps its zeros.
 */
export function readConfigFile(name: string): ConfigFile {
  const path = resolve(name)
  try {
    const reading = readDocument(textOf(path))
    if (reading.kind === 'faults') return unreadable(path, reading.faults)
    const { root } = reading
    if (!isEmpty(root) && !(root instanceof Map)) {
      return unreadable(path, ['this is not a YAML map.'])
    }
    return { path, ...valuesOf(path, root) }
  } catch (error) {
    return unreadable(path, [messageOf(error)])
  }
}

function textOf(path: string): string {
  const status = statSync(path)
  if (!status.isFile()) throw new Error('this is not a file.')
  const { fileBytes } = configLimits
  if (status.size > fileBytes) throw new Error(`${status.size} bytes; allowed are ${fileBytes}.`)
  return readFileSync(path, 'utf8')
}

/** A file without values, which may mean to set every key. */
function unreadable(path: string, reasons: readonly string[]): ConfigFile {
  const faults = reasons.map((reason) => unknownName(path, `${path}: ${reason}`))
  return { path, values: new Map(), faults, doubtful: knownKeys }
}

function valuesOf(path: string, map: unknown): Omit<ConfigFile, 'path'> {
  const values = new Map<string, string | readonly string[]>()
  const faults: Problem[] = []
  const doubtful = new Set<string>()
  for (const [key, value] of entries(map, '')) {
    const fault = faultOf(key, value)
    if (fault) {
      const [shown, text] = fault
      faults.push(unknownName(shown, `${path}: ${shown} ${text}`))
      for (const meant of keysMeantBy(key)) doubtful.add(meant)
    } else if (!isEmpty(value)) values.set(withoutRoot(key), value as string | readonly string[])
  }
  return { values, faults, doubtful }
}

/** The values that are not maps, by dotted path. */
function* entries(map: unknown, path: string): Iterable<[key: string, value: unknown]> {
  if (!(map instanceof Map)) return
  for (const [key, value] of map) {
    const name = path === '' ? String(key) : `${path}.${String(key)}`
    const isDeep = name.split('.').length >= configLimits.depth
    if (value instanceof Map && value.size > 0 && !isDeep) yield* entries(value, name)
    else yield [name, value]
  }
}

/** A key as messages may show the key, and the rest of the sentence. */
type Fault = readonly [key: string, text: string]

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
  const isGood = typeof value === 'string' || isEmpty(value) || isScalarList(value)
  return isGood ? undefined : 'is a list with sections or lists in it; allowed are single values.'
}

const root = 'exporter'

/** The known keys that a key with a fault most likely means. */
function keysMeantBy(key: string): string[] {
  const name = key === root ? '' : withoutRoot(key)
  const near = nearestName(name, knownKeys)
  return [...knownKeys].filter(
    (each) => each === name || each === near || name === '' || each.startsWith(`${name}.`),
  )
}

function withoutRoot(key: string): string {
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

function isEmpty(value: unknown): boolean {
  if (value instanceof Map) return value.size === 0
  return value === undefined || value === null || value === ''
}

function isScalarList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
