import { existsSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import type * as Yaml from 'yaml'
import { messageOf } from '../message-of.ts'
import { table } from './table.ts'

/** What a configuration file says. */
export interface ConfigFile {
  /** Absolute; empty where there is none. */
  readonly path: string
  /** As written, by dotted key below `exporter`; what is left empty is not here. */
  readonly values: ReadonlyMap<string, string | readonly string[]>
  /** A sentence each. */
  readonly faults: readonly string[]
}

export const emptyFile: ConfigFile = { path: '', values: new Map(), faults: [] }

/** Names the configuration file. */
export const configVariable = 'GUNICORN_PROMETHEUS_EXPORTER_CONFIG'
/** Read in the working directory where none is named. */
const defaultFile = 'gunicorn-prometheus-exporter.yml'

type YamlProblem = Pick<Yaml.YAMLError, 'code' | 'message' | 'linePos'>

const load = createRequire(import.meta.url)
const maxBytes = 1_048_576
/** A list in a section in a section below `exporter`, and room for a mistake. */
const maxDepth = 8

const knownKeys: ReadonlySet<string> = new Set(Object.values(table).flatMap(({ keys }) => keys))
const knownSections: ReadonlySet<string> = new Set(
  [...knownKeys].flatMap((key) => parents(key)).concat(''),
)

/** Reads the file that is named, else the one in the working directory, if there is one. */
export function findConfigFile(named: string | undefined): ConfigFile | undefined {
  if (named?.trim()) return readConfigFile(named.trim())
  return existsSync(defaultFile) ? readConfigFile(defaultFile) : undefined
}

/**
 * Reads a YAML file with the one key `exporter`. Scalars stay as they are written: what they mean is
 * the setting's to say, and a password of digits keeps its zeros.
 */
export function readConfigFile(name: string): ConfigFile {
  const path = resolve(name)
  try {
    return { path, ...valuesOf(path, parse(path)) }
  } catch (error) {
    return { path, values: new Map(), faults: [`${path}: ${messageOf(error).split('\n')[0]}`] }
  }
}

function parse(path: string): unknown {
  const status = statSync(path)
  if (!status.isFile()) throw new Error('is no file.')
  if (status.size > maxBytes) throw new Error(`${status.size} bytes; allowed are ${maxBytes}.`)
  // Loaded where there is a file: most programs have none.
  const { parseDocument } = load('yaml') as typeof Yaml
  const document = parseDocument(readFileSync(path, 'utf8'), {
    schema: 'failsafe',
    uniqueKeys: true,
  })
  const [problem] = [...document.errors, ...document.warnings]
  if (problem) throw new Error(told(problem))
  // Maps, not objects: a key is a key, `__proto__` too. Aliases cost more than anybody needs them for.
  return document.toJS({ mapAsMap: true, maxAliasCount: 0 })
}

/** Codes of messages that quote the file: what is quoted may be a password, of which nobody knew that it needs quotes. */
const quoting: ReadonlySet<string> = new Set([
  'TAG_RESOLVE_FAILED',
  'UNEXPECTED_TOKEN',
  'BAD_DQ_ESCAPE',
  'BAD_DIRECTIVE',
])

function told({ code, message, linePos }: YamlProblem): string {
  if (!quoting.has(code)) return message
  const place = linePos ? ` at line ${linePos[0].line}, column ${linePos[0].col}` : ''
  return `cannot be read as YAML${place} (${code}); texts with special characters need quotes.`
}

function valuesOf(path: string, root: unknown): Pick<ConfigFile, 'values' | 'faults'> {
  const values = new Map<string, string | readonly string[]>()
  const faults: string[] = []
  if (root !== null && root !== '' && !(root instanceof Map)) throw new Error('is no YAML map.')
  for (const [key, value] of entries(root, '')) {
    const fault = faultOf(key, value)
    if (fault) faults.push(`${path}: ${fault}`)
    else if (!isEmpty(value)) values.set(withoutRoot(key), value as string | readonly string[])
  }
  return { values, faults }
}

/** What is no map, by dotted path. */
function* entries(map: unknown, path: string): Iterable<[key: string, value: unknown]> {
  if (!(map instanceof Map)) return
  for (const [key, value] of map) {
    const name = path === '' ? String(key) : `${path}.${String(key)}`
    const isDeep = name.split('.').length >= maxDepth
    if (value instanceof Map && !isDeep) yield* entries(value, name)
    else yield [name, value]
  }
}

function faultOf(key: string, value: unknown): string | undefined {
  if (key !== root && !key.startsWith(`${root}.`)) {
    return `${key} is no key; allowed is ${root}, with everything below it.`
  }
  const name = key === root ? '' : withoutRoot(key)
  if (knownSections.has(name)) {
    return isEmpty(value)
      ? undefined
      : `${key} is a value; allowed are ${keysBelow(name)} below it.`
  }
  const outer = parents(name).find((each) => knownKeys.has(each))
  // The keys below are not told: of a password in braces, they are the password.
  if (outer !== undefined) return `${root}.${outer} is a section; allowed is a value.`
  if (!knownKeys.has(name)) return `${key} is no key; allowed are ${allowedBeside(name)}.`
  const isGood = typeof value === 'string' || value === null || isScalarList(value)
  return isGood ? undefined : `${key} is a list of other than values; allowed are single values.`
}

const root = 'exporter'

function withoutRoot(key: string): string {
  return key.startsWith(`${root}.`) ? key.slice(root.length + 1) : key
}

/** Where somebody has mistyped a key: those of the nearest section that there is. */
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
  return value === null || value === '' || value === '~' || value === 'null'
}

function isScalarList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
