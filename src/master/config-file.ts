import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import type * as Yaml from 'yaml'

const load = createRequire(import.meta.url)
const maxBytes = 1_048_576
const maxDepth = 8

/**
 * The scalars of a YAML file below its one key `exporter`, by dotted path: `gunicorn.workers` → `4`.
 * Keys that are not known, and whatever is no scalar, are told in `faults`.
 */
export function readConfigFile(
  path: string,
  known: ReadonlySet<string>,
  faults: string[],
): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const [key, value] of scalars(parse(path, faults), '')) {
    const name = key.replace(/^exporter\./, '')
    if (name === key || !known.has(name)) {
      faults.push(`${path}: ${key} is no key; allowed below exporter are ${[...known].join(', ')}.`)
    } else if (typeof value === 'object') {
      faults.push(`${path}: ${key} is a list; allowed is a single value.`)
    } else values.set(name, String(value))
  }
  return values
}

/** The file's one map; empty where it cannot be read, is too large, or is no YAML map. */
function parse(path: string, faults: string[]): Map<unknown, unknown> {
  try {
    const { size } = statSync(path)
    if (size > maxBytes) throw new Error(`${size} bytes; allowed are ${maxBytes}.`)
    // Loaded where there is a file: most programs have none.
    const { parseDocument } = load('yaml') as typeof Yaml
    const document = parseDocument(readFileSync(path, 'utf8'), { schema: 'core', uniqueKeys: true })
    const [problem] = [...document.errors, ...document.warnings]
    if (problem) throw problem
    // Maps, not objects: a key is a key, `__proto__` too. Aliases cost more than anybody needs them for.
    const root: unknown = document.toJS({ mapAsMap: true, maxAliasCount: 0 })
    if (root instanceof Map) return root
    if (root !== null) throw new Error('is no YAML map.')
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    faults.push(`${path}: ${reason}`)
  }
  return new Map()
}

/** What is no map, by dotted path; what is left empty is left to the default. */
function* scalars(
  map: Map<unknown, unknown>,
  path: string,
): Iterable<[key: string, value: unknown]> {
  for (const [key, value] of map) {
    const name = path === '' ? String(key) : `${path}.${String(key)}`
    if (value instanceof Map && name.split('.').length < maxDepth) yield* scalars(value, name)
    else if (value !== null) yield [name, value]
  }
}
