import { quoted } from '../../log/redact.ts'
import { isRecord } from '../../support/guards.ts'
import { emptyFile } from '../config-file.ts'
import { ignored, noValue, type Problem, unusedSetting, wrongValue } from '../problem.ts'
import type { SettingName } from '../settings.ts'
import { refused } from '../table/kind.ts'
import { type Setting, type Topic, withDashes } from '../table/setting.ts'
import { settingOf, table } from '../table.ts'
import type { SettingSources } from './resolve.ts'
import type { FoundSetting } from './resolved.ts'

/** Finds the text of each setting in the sources, and reads the text. */
export class Search {
  readonly #sources: SettingSources
  readonly #idle: ReadonlySet<SettingName>
  readonly faults: Problem[] = []
  /** Given settings without a readable value. */
  readonly refused: Set<SettingName> = new Set()
  readonly warnings: Problem[] = []
  readonly disregarded: Problem[] = []

  constructor(sources: SettingSources, idle: ReadonlySet<SettingName> = new Set()) {
    this.#sources = sources
    this.#idle = idle
  }

  find(name: SettingName): FoundSetting | undefined {
    const setting = settingOf(name)
    // Always read the file: a duplicate in the file is a fault, even when another source wins.
    const inFile = this.#inFile(name, setting)
    return (
      this.#inOptions(name, setting) ??
      this.#onCommandLine(setting) ??
      this.#inEnvironment(name, setting, ownVariables(setting)) ??
      inFile ??
      this.#inEnvironment(name, setting, setting.sharedEnv ?? [])
    )
  }

  /** The value of a text; the default for a refused text. */
  read(name: SettingName, { text, origin }: FoundSetting): unknown {
    const setting = settingOf(name)
    const value = setting.kind.parse(text)
    if (value !== refused) return value
    this.#refuse(name, withPart(faultOf(origin.name, text, setting), wrongPartOf(text, setting)))
    return setting.fallback
  }

  #refuse(name: SettingName, fault: Problem): undefined {
    this.refused.add(name)
    this.faults.push(fault)
  }

  #inOptions(name: SettingName, { kind }: Setting): FoundSetting | undefined {
    const value = this.#sources.options?.[name]
    if (value === undefined) return undefined
    const items = itemsOf(value, kind)
    if (items.every(isScalar)) {
      return { text: items.map(String).join(','), origin: { kind: 'option', name } }
    }
    return this.#refuse(name, wrongValue(name, `of type ${typeName(value)}`, kind.allowed))
  }

  #onCommandLine({ flag }: Setting): FoundSetting | undefined {
    const { flags, flagName = withDashes } = this.#sources
    const text = flag && flags?.[flag.name]
    const given = flag && flag.value === undefined && text === '' ? 'true' : text
    // The reader of the command line reports an option without a value.
    if (!flag || !given) return undefined
    return { text: given, origin: { kind: 'command line', name: flagName(flag.name) } }
  }

  /** An empty variable counts as unset, as OpenTelemetry specifies. */
  #inEnvironment(
    settingName: SettingName,
    setting: Setting,
    variables: readonly string[],
  ): FoundSetting | undefined {
    const { environment } = this.#sources
    const { kind, foreign } = setting
    const name = variables.find((variable) => environment[variable]?.trim())
    const given = name === undefined ? undefined : environment[name]
    if (name === undefined || given === undefined) return undefined
    const text = kind.isSecret ? given : given.trim()
    if (kind.parse(text) !== refused) return { text, origin: { kind: 'environment', name } }
    const fault = faultOf(name, text, setting)
    if (this.#idle.has(settingName)) {
      this.disregarded.push(unusedSetting(name, `${name} ${disregardedText}`))
    } else if (name.startsWith('OTEL_')) return this.#goodItems(name, text, setting)
    else if (foreign?.pattern.test(text)) this.warnings.push(ignored(fault, foreign.reason))
    else return { text, origin: { kind: 'environment', name } }
    return undefined
  }

  /** As in OTel's SDK, a wrong value in a list is left out, and the other values count. */
  #goodItems(name: string, text: string, setting: Setting): FoundSetting | undefined {
    const { item, parse } = setting.kind
    const items = text.split(',').map((each) => each.trim())
    const given = items.filter((each) => each !== '')
    const good = given.filter((each) => item && item.parse(each) !== refused).join(',')
    if (!item || parse(good) === refused) {
      this.warnings.push(ignored(faultOf(name, text, setting), wrongPartOf(text, setting)))
      return undefined
    }
    for (const wrong of given.filter((each) => item.parse(each) === refused)) {
      this.warnings.push(ignored(wrongItem(name, wrong, item.allowed)))
    }
    return good === '' ? undefined : { text: good, origin: { kind: 'environment', name } }
  }

  #inFile(settingName: SettingName, { keys, kind }: Setting): FoundSetting | undefined {
    const { values, path } = this.#sources.file ?? emptyFile
    const [key, other] = keys.filter((each) => values.has(each))
    if (key === undefined) return undefined
    const name = `exporter.${key}`
    if (other !== undefined) {
      const text = `${name} and exporter.${other} are the same setting; allowed is one of them.`
      this.faults.push(noValue('GPE_CONFIG_FILE', name, `${path}: ${text}`))
    }
    const value = values.get(key) ?? ''
    if (typeof value === 'string') return { text: value, origin: { kind: 'file', name } }
    if (kind.isList) return { text: value.join(','), origin: { kind: 'file', name } }
    const fault = wrongValue(name, 'a list', kind.allowed)
    return this.#refuse(settingName, { ...fault, message: `${path}: ${fault.message}` })
  }
}

/** Without the variables over which a key of the file wins. */
function ownVariables({ env, sharedEnv = [] }: Setting): string[] {
  return env.filter((variable) => !sharedEnv.includes(variable))
}

function wrongPartOf(text: string, { kind }: Setting): string | undefined {
  const wrong = kind.wrongPart?.(text)
  return wrong && `${quoted(wrong.part)} ${wrong.reason}`
}

function withPart(problem: Problem, part: string | undefined): Problem {
  return part === undefined ? problem : { ...problem, message: `${problem.message} ${part}` }
}

function wrongItem(key: string, text: string, allowed: string): Problem {
  const got = quoted(text)
  return {
    code: 'GPE_SETTING_VALUE',
    key,
    got,
    allowed,
    message: `${key} has ${got}; allowed is ${allowed}.`,
  }
}

function itemsOf(value: unknown, { isList, isMap }: Setting['kind']): readonly unknown[] {
  if (isList && Array.isArray(value)) return value
  if (!isMap || !isRecord(value)) return [value]
  return Object.entries(value).map(([key, item]) => (isScalar(item) ? `${key}=${item}` : item))
}

const disregardedText =
  'has a value that is not allowed. It is ignored, because the feature is not in use.'

function faultOf(name: string, text: string, { kind, topic }: Setting): Problem {
  return wrongValue(name, shownOf(text, kind, topic), kind.allowed)
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
