import { type ConfigFile, emptyFile } from './config-file.ts'
import { refused } from './kind.ts'
import type { Origin, Origins, Resolved } from './resolved.ts'
import { ruleFaults } from './rules.ts'
import type { SettingName, Settings } from './settings.ts'
import { type Setting, settingNames, table } from './table.ts'

/** Where values come from; an earlier one goes before a later one. */
export interface Sources {
  /** In code, by the settings' names. */
  readonly options?: Readonly<Record<string, unknown>>
  /** On the command line, by the flags' names without dashes. */
  readonly flags?: Readonly<Record<string, string | undefined>>
  readonly environment: Environment
  readonly file?: ConfigFile | undefined
  /** Whether the files that are named must be there and good: not in a worker, whose user may be another. */
  readonly checksFiles?: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

export type Resolution =
  | ({ readonly kind: 'settings' } & Resolved)
  /** Every fault at once, a sentence each. */
  | { readonly kind: 'faults'; readonly faults: readonly string[] }

interface Found {
  readonly text: string
  readonly origin: Origin
}

/** Resolves all settings in one pass: options, command line, environment, file, default. */
export function resolveSettings(sources: Sources): Resolution {
  const search = new Search(sources)
  const { faults, warnings } = search
  const values: Partial<Record<SettingName, unknown>> = {}
  const origins: Partial<Record<SettingName, Origin>> = {}
  for (const name of settingNames) {
    const setting: Setting = table[name] as Setting
    const found = search.find(name, setting)
    origins[name] = found?.origin ?? { kind: 'default', name }
    values[name] = found ? search.read(found, setting) : setting.fallback
  }
  // Complete by the loop above: the table names every setting.
  const settings = Object.freeze(values) as unknown as Settings
  const resolved = { settings, origins: origins as Origins, warnings }
  if (faults.length === 0) faults.push(...ruleFaults(resolved, sources.checksFiles ?? false))
  return faults.length > 0 ? { kind: 'faults', faults } : { kind: 'settings', ...resolved }
}

/** Looks for one setting after the other, wherever it may be given. */
class Search {
  readonly #sources: Sources
  readonly faults: string[]
  readonly warnings: string[] = []

  constructor(sources: Sources) {
    this.#sources = sources
    this.faults = [...(sources.file?.faults ?? [])]
    for (const name of Object.keys(sources.options ?? {})) {
      if (Object.hasOwn(table, name)) continue
      this.faults.push(`${name} is no option; allowed are ${settingNames.join(', ')}.`)
    }
  }

  find(name: SettingName, setting: Setting): Found | undefined {
    // The file in any case: what is given twice in it is a mistake, whoever has the last word.
    const inFile = this.#inFile(setting)
    return (
      this.#inOptions(name, setting) ??
      this.#onCommandLine(setting) ??
      this.#inEnvironment(setting) ??
      inFile
    )
  }

  /** What was found as a value; the fallback for what is refused. */
  read({ text, origin }: Found, { kind, fallback }: Setting): unknown {
    const value = kind.parse(text)
    if (value !== refused) return value
    this.faults.push(faultOf(origin.name, text, kind))
    return fallback
  }

  #inOptions(name: SettingName, { kind }: Setting): Found | undefined {
    const value = this.#sources.options?.[name]
    if (value === undefined) return undefined
    const items = Array.isArray(value) && kind.isList ? value : [value]
    if (items.every(isScalar)) {
      return { text: items.map(String).join(','), origin: { kind: 'option', name } }
    }
    this.faults.push(`${name} is of type ${typeName(value)}; allowed is ${kind.allowed}.`)
    return undefined
  }

  #onCommandLine({ flag }: Setting): Found | undefined {
    const text = flag && this.#sources.flags?.[flag.name]
    // One without a value is told by who reads the command line.
    return text ? { text, origin: { kind: 'command line', name: `--${flag.name}` } } : undefined
  }

  /** An empty variable counts as unset, as OTel specifies, and so does one of OTel's that is no good. */
  #inEnvironment({ env, kind }: Setting): Found | undefined {
    const { environment } = this.#sources
    const name = env.find((variable) => environment[variable]?.trim())
    const given = name === undefined ? undefined : environment[name]
    if (name === undefined || given === undefined) return undefined
    const text = kind.isSecret ? given : given.trim()
    if (name.startsWith('OTEL_') && kind.parse(text) === refused) {
      this.warnings.push(`${faultOf(name, text, kind)} It is ignored.`)
      return undefined
    }
    return { text, origin: { kind: 'environment', name } }
  }

  #inFile({ keys, kind }: Setting): Found | undefined {
    const { values, path } = this.#sources.file ?? emptyFile
    const [key, other] = keys.filter((each) => values.has(each))
    if (key === undefined) return undefined
    const name = `exporter.${key}`
    if (other !== undefined) {
      this.faults.push(
        `${path}: ${name} and exporter.${other} are the same; one of them is allowed.`,
      )
    }
    const value = values.get(key) ?? ''
    if (typeof value === 'string') return { text: value, origin: { kind: 'file', name } }
    if (kind.isList) return { text: value.join(','), origin: { kind: 'file', name } }
    this.faults.push(`${path}: ${name} is a list; allowed is ${kind.allowed}.`)
    return undefined
  }
}

function faultOf(name: string, text: string, kind: Setting['kind']): string {
  // A URL, for one, where a host belongs: its password is in it.
  const shown = JSON.stringify(text.replace(/^.*@/s, '***@'))
  return `${name} is ${kind.isSecret ? 'not shown, being secret' : shown}; allowed is ${kind.allowed}.`
}

function isScalar(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value)
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}
