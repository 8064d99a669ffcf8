import { existsSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { configLimits } from '../limits/config.ts'
import { messageOf } from '../support/error-message.ts'
import { readDocument } from './config-document.ts'
import { settings, table } from './table.ts'

/** The content of a configuration file. */
export interface ConfigFile {
  /** Absolute; empty without a file. */
  readonly path: string
  /** Texts by dotted key below `exporter`; empty values are left out. */
  readonly values: ReadonlyMap<string, string | readonly string[]>
  /** A sentence each. */
  readonly faults: readonly string[]
}

export const emptyFile: ConfigFile = { path: '', values: new Map(), faults: [] }

/** Names the configuration file. */
export const configVariable = 'GUNICORN_PROMETHEUS_EXPORTER_CONFIG'
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
    return { path, ...valuesOf(path, parse(path)) }
  } catch (error) {
    return { path, values: new Map(), faults: [`${path}: ${messageOf(error).split(/:?\n/)[0]}`] }
  }
}

function parse(path: string): unknown {
  const status = statSync(path)
  if (!status.isFile()) throw new Error('this is not a file.')
  const { fileBytes } = configLimits
  if (status.size > fileBytes) throw new Error(`${status.size} bytes; allowed are ${fileBytes}.`)
  return readDocument(readFileSync(path, 'utf8'))
}

function valuesOf(path: string, root: unknown): Pick<ConfigFile, 'values' | 'faults'> {
  const values = new Map<string, string | readonly string[]>()
  const faults: string[] = []
  if (!isEmpty(root) && !(root instanceof Map)) throw new Error('this is not a YAML map.')
  for (const [key, value] of entries(root, '')) {
    const fault = faultOf(key, value)
    if (fault) faults.push(`${path}: ${fault}`)
    else if (!isEmpty(value)) values.set(withoutRoot(key), value as string | readonly string[])
  }
  return { values, faults }
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

function faultOf(key: string, value: unknown): string | undefined {
  if (key !== root && !key.startsWith(`${root}.`)) {
    return `${key} is not a known key; allowed is ${root}, with everything below it.`
  }
  const name = key === root ? '' : withoutRoot(key)
  if (knownSections.has(name)) {
    return isEmpty(value)
      ? undefined
      : `${key} is a value; allowed are ${keysBelow(name)} below it.`
  }
  const outer = parents(name).find((each) => knownKeys.has(each))
  // The message names no key below: a password in braces reads as a map with a key.
  if (outer !== undefined) return `${root}.${outer} is a section; allowed is a value.`
  if (!knownKeys.has(name)) return `${key} is not a known key; allowed are ${allowedBeside(name)}.`
  return valueFault(key, value)
}

function valueFault(key: string, value: unknown): string | undefined {
  if (isForgotten(withoutRoot(key), value)) {
    return `${key} is left empty; allowed is a value, or null for none.`
  }
  const isGood = typeof value === 'string' || isEmpty(value) || isScalarList(value)
  return isGood
    ? undefined
    : `${key} is a list with sections or lists in it; allowed are single values.`
}

const root = 'exporter'

function withoutRoot(key: string): string {
  return key.startsWith(`${root}.`) ? key.slice(root.length + 1) : key
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
