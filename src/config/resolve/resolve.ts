import { quoted } from '../../log/redact.ts'
import { type ConfigFile, emptyFile } from '../config-file.ts'
import type { SettingName, Settings } from '../settings.ts'
import { refused } from '../table/kind.ts'
import type { Setting, Topic } from '../table/setting.ts'
import { settingNames, settingOf, table } from '../table.ts'
import { type CommandName, idleSettings } from './idle-settings.ts'
import type { FoundSetting, Resolved, SettingOrigin, SettingOrigins } from './resolved.ts'
import { ruleFaults } from './rules.ts'

/** The sources of values; an earlier source takes precedence. */
export interface SettingSources {
  /** In code, by the settings' names. */
  readonly options?: Readonly<Record<string, unknown>>
  /** On the command line, by the flags' names without dashes. */
  readonly flags?: Readonly<Record<string, string | undefined>>
  readonly environment: Environment
  readonly file?: ConfigFile | undefined
  /** Whether to check the named files; false in a worker, which can run as another user. */
  readonly checksFiles?: boolean
  readonly command?: CommandName
}

type Environment = Readonly<Record<string, string | undefined>>

export type Resolution =
  | ({ readonly kind: 'settings' } & Resolved)
  /** Every fault at once, a sentence each. */
  | { readonly kind: 'faults'; readonly faults: readonly string[] }

/** Resolves all settings in one pass: options, command line, environment, file, default. */
export function resolveSettings(sources: SettingSources): Resolution {
  // The first search decides which settings are unused; its faults do not count.
  const idle = idleSettings(sources.command, (name) => new Search(sources).find(name))
  const search = new Search(sources, idle)
  const { faults, warnings, disregarded } = search
  const values: Partial<Record<SettingName, unknown>> = {}
  const origins: Partial<Record<SettingName, SettingOrigin>> = {}
  for (const name of settingNames) {
    const setting = settingOf(name)
    const found = search.find(name)
    origins[name] = found?.origin ?? { kind: 'default', name }
    values[name] = found ? search.read(found, setting) : setting.fallback
  }
  // Complete by the loop above: the table names every setting.
  const settings = Object.freeze(values) as unknown as Settings
  const resolved = { settings, origins: origins as SettingOrigins, warnings, disregarded }
  if (faults.length === 0) {
    faults.push(...ruleFaults(resolved, { idle, checksFiles: sources.checksFiles ?? false }))
  }
  return faults.length > 0 ? { kind: 'faults', faults } : { kind: 'settings', ...resolved }
}

/** Finds the text of each setting in the sources. */
class Search {
  readonly #sources: SettingSources
  readonly #idle: ReadonlySet<SettingName>
  readonly faults: string[]
  readonly warnings: string[] = []
  readonly disregarded: string[] = []

  constructor(sources: SettingSources, idle: ReadonlySet<SettingName> = new Set()) {
    this.#sources = sources
    this.#idle = idle
    this.faults = [...(sources.file?.faults ?? [])]
    for (const name of Object.keys(sources.options ?? {})) {
      if (Object.hasOwn(table, name)) continue
      this.faults.push(`${name} is not an option; allowed are ${settingNames.join(', ')}.`)
    }
  }

  find(name: SettingName): FoundSetting | undefined {
    const setting = settingOf(name)
    // Always read the file: a duplicate in the file is a fault, even when another source wins.
    const inFile = this.#inFile(setting)
    return (
      this.#inOptions(name, setting) ??
      this.#onCommandLine(setting) ??
      this.#inEnvironment(name, setting) ??
      inFile
    )
  }

  /** The value of a text; the default for a refused text. */
  read({ text, origin }: FoundSetting, setting: Setting): unknown {
    const value = setting.kind.parse(text)
    if (value !== refused) return value
    this.faults.push(faultOf(origin.name, text, setting))
    return setting.fallback
  }

  #inOptions(name: SettingName, { kind }: Setting): FoundSetting | undefined {
    const value = this.#sources.options?.[name]
    if (value === undefined) return undefined
    const items = Array.isArray(value) && kind.isList ? value : [value]
    if (items.every(isScalar)) {
      return { text: items.map(String).join(','), origin: { kind: 'option', name } }
    }
    this.faults.push(`${name} is of type ${typeName(value)}; allowed is ${kind.allowed}.`)
    return undefined
  }

  #onCommandLine({ flag }: Setting): FoundSetting | undefined {
    const text = flag && this.#sources.flags?.[flag.name]
    // The reader of the command line reports an option without a value.
    return text ? { text, origin: { kind: 'command line', name: `--${flag.name}` } } : undefined
  }

  /** An empty variable counts as unset, as OpenTelemetry specifies. */
  #inEnvironment(settingName: SettingName, setting: Setting): FoundSetting | undefined {
    const { environment } = this.#sources
    const { env, kind, foreign } = setting
    const name = env.find((variable) => environment[variable]?.trim())
    const given = name === undefined ? undefined : environment[name]
    if (name === undefined || given === undefined) return undefined
    const text = kind.isSecret ? given : given.trim()
    if (kind.parse(text) !== refused) return { text, origin: { kind: 'environment', name } }
    if (this.#idle.has(settingName)) this.disregarded.push(`${name} ${disregardedText}`)
    else if (name.startsWith('OTEL_')) {
      this.warnings.push(`${faultOf(name, text, setting)} It is ignored.`)
    } else if (foreign?.pattern.test(text)) {
      this.warnings.push(`${faultOf(name, text, setting)} ${foreign.reason} It is ignored.`)
    } else return { text, origin: { kind: 'environment', name } }
    return undefined
  }

  #inFile({ keys, kind }: Setting): FoundSetting | undefined {
    const { values, path } = this.#sources.file ?? emptyFile
    const [key, other] = keys.filter((each) => values.has(each))
    if (key === undefined) return undefined
    const name = `exporter.${key}`
    if (other !== undefined) {
      this.faults.push(
        `${path}: ${name} and exporter.${other} are the same setting; allowed is one of them.`,
      )
    }
    const value = values.get(key) ?? ''
    if (typeof value === 'string') return { text: value, origin: { kind: 'file', name } }
    if (kind.isList) return { text: value.join(','), origin: { kind: 'file', name } }
    this.faults.push(`${path}: ${name} is a list; allowed is ${kind.allowed}.`)
    return undefined
  }
}

const disregardedText =
  'has a value that is not allowed. It is ignored, because the feature is not in use.'

function faultOf(name: string, text: string, { kind, topic }: Setting): string {
  return `${name} is ${shownOf(text, kind, topic)}; allowed is ${kind.allowed}.`
}

function shownOf(text: string, { isSecret }: Setting['kind'], topic: Topic): string {
  if (isSecret) return 'not shown (secret)'
  // The text can be a user with a password, or a token in the wrong variable.
  return topic === table.authPassword.topic ? 'not shown (it can contain a secret)' : quoted(text)
}

function isScalar(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value)
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}
