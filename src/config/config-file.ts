import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { configLimits } from '../limits/config.ts'
import { codeOf } from '../model/errors/coded-error.ts'
import type { ErrorCode } from '../model/errors/error-table.ts'
import { messageOf } from '../support/error-message.ts'
import { canSee } from '../support/process/can-see.ts'
import { readDocument } from './config-document.ts'
import { isEmpty, keyFault, keysMeantBy, knownKeys, mapKeys, withoutRoot } from './config-keys.ts'
import { noValue, type Problem } from './problem.ts'
import { defaultFile } from './variables.ts'

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

/** Reads the named file, or the file in the working directory, if any. */
export function findConfigFile(named: string | undefined): ConfigFile | undefined {
  if (named?.trim()) return readConfigFile(named.trim())
  return canSee(defaultFile) ? readConfigFile(defaultFile) : undefined
}

/**
 * Reads a YAML file with the single key `exporter`. Scalars stay texts, so that each setting reads
 * its own values, and a password of digits keeps its zeros.
 */
export function readConfigFile(name: string): ConfigFile {
  const path = resolve(name)
  if (path.endsWith('.py')) return unreadable(path, [pythonReason])
  try {
    const reading = readDocument(textOf(path))
    if (reading.kind === 'faults') return unreadable(path, reading.faults)
    const { root } = reading
    if (!isEmpty(root) && !(root instanceof Map)) {
      return unreadable(path, ['this is not a YAML map.'])
    }
    return { path, ...valuesOf(path, root) }
  } catch (error) {
    return unreadable(path, [messageOf(error)], codeOf(error))
  }
}

const pythonReason =
  'this is a Python file of gunicorn, and the configuration is YAML. ' +
  'Give the settings as options of run, or below the key exporter.gunicorn.'

function textOf(path: string): string {
  const status = statSync(path)
  if (!status.isFile()) throw new Error('this is not a file.')
  const { fileBytes } = configLimits
  if (status.size > fileBytes) throw new Error(`${status.size} bytes; allowed are ${fileBytes}.`)
  return readFileSync(path, 'utf8')
}

/** A file without values, which may mean to set every key. */
function unreadable(
  path: string,
  reasons: readonly string[],
  code: ErrorCode = 'GPE_CONFIG_FILE',
): ConfigFile {
  const faults = reasons.map((reason) => noValue(code, path, `${path}: ${reason}`))
  return { path, values: new Map(), faults, doubtful: knownKeys }
}

function valuesOf(path: string, map: unknown): Omit<ConfigFile, 'path'> {
  const values = new Map<string, string | readonly string[]>()
  const faults: Problem[] = []
  const doubtful = new Set<string>()
  for (const [key, value] of entries(map, '')) {
    if (faults.length === configLimits.wrongKeys) return cutOff(path, values, faults)
    const fault = keyFault(key, value)
    if (fault) {
      const [shown, text] = fault
      faults.push(noValue('GPE_CONFIG_FILE', shown, `${path}: ${shown} ${text}`))
      for (const meant of keysMeantBy(key)) doubtful.add(meant)
    } else if (!isEmpty(value)) values.set(withoutRoot(key), textsOf(value))
  }
  return { values, faults, doubtful }
}

/** A map becomes a list of `key=value`. */
function textsOf(value: unknown): string | readonly string[] {
  if (value instanceof Map) return Array.from(value, ([key, text]) => `${key}=${text}`)
  return value as string | readonly string[]
}

function cutOff(
  path: string,
  values: ConfigFile['values'],
  faults: readonly Problem[],
): Omit<ConfigFile, 'path'> {
  const end = noValue(
    'GPE_CONFIG_FILE',
    path,
    `${path}: the check ends after ${faults.length} wrong keys.`,
  )
  return { values, faults: [...faults, end], doubtful: knownKeys }
}

/** The values that are not maps, by dotted path. */
function* entries(map: unknown, path: string): Iterable<[key: string, value: unknown]> {
  if (!(map instanceof Map)) return
  for (const [key, value] of map) {
    const name = path === '' ? String(key) : `${path}.${String(key)}`
    const isWhole = name.split('.').length >= configLimits.depth || mapKeys.has(withoutRoot(name))
    if (value instanceof Map && value.size > 0 && !isWhole) yield* entries(value, name)
    else yield [name, value]
  }
}
