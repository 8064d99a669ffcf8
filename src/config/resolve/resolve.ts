import { nearestName } from '../../support/nearest-name.ts'
import { type ConfigFile, emptyFile } from '../config-file.ts'
import { noValue, type Problem } from '../problem.ts'
import { noProblems, type Problems } from '../problems.ts'
import { attachNames, usualName } from '../setting-names.ts'
import { isOn, type SettingName, type Settings } from '../settings.ts'
import { settingNames, settingOf, table } from '../table.ts'
import { directoryWarnings } from './directory-warnings.ts'
import { type CommandName, idleSettings } from './idle-settings.ts'
import { instrumentationWarnings, otlpProblems } from './otlp-problems.ts'
import { redisPackageFaults } from './redis-rules.ts'
import type { Environment, Resolved, SettingOrigin, SettingOrigins } from './resolved.ts'
import { RuleContext, type RuleContextOptions } from './rule-context.ts'
import { ruleFaults } from './rules.ts'
import { Search } from './search.ts'
import { sharedSwitchWarnings } from './shared-switch.ts'
import { unknownVariables } from './unknown-variables.ts'
import { unusedSettings } from './unused-settings.ts'

/** The sources of values; an earlier source takes precedence. */
export interface SettingSources {
  /** In code, by the settings' names. */
  readonly options?: Readonly<Record<string, unknown>>
  /** On the command line, by the flags' names without dashes. */
  readonly flags?: Readonly<Record<string, string | undefined>>
  /** A flag as the user wrote the flag. Default: with two dashes. */
  readonly flagName?: ((flag: string) => string) | undefined
  readonly environment: Environment
  readonly file?: ConfigFile | undefined
  /** Whether to check the named files; false in a worker, which can run as another user. */
  readonly checksFiles?: boolean
  /**
   * Whether to check OTLP's variables, packages and the directory of crash files, which otherwise
   * the exporter checks at its start.
   */
  readonly checksUse?: boolean
  readonly command?: CommandName
}

export type Resolution =
  | ({ readonly kind: 'settings' } & Resolved)
  /** Every fault at once. */
  | {
      readonly kind: 'faults'
      readonly faults: readonly Problem[]
      readonly partial: Resolved
    }

/** Resolves all settings in one pass: options, command line, environment, file, default. */
export function resolveSettings(sources: SettingSources): Resolution {
  // The first search decides which settings are unused; its faults do not count.
  const idle = idleSettings(sources.command, (name) => new Search(sources).find(name))
  const search = new Search(sources, idle)
  const values: Partial<Record<SettingName, unknown>> = {}
  const origins: Partial<Record<SettingName, SettingOrigin>> = {}
  for (const name of settingNames) {
    const found = search.find(name)
    origins[name] = found?.origin ?? { kind: 'default', name }
    values[name] = found ? search.read(name, found) : settingOf(name).fallback
  }
  // Complete by the loop above: the table names every setting.
  const settings = values as unknown as Settings
  attachNames(settings, namesOf(origins as SettingOrigins))
  const variables = unknownVariables(sources.environment, idle)
  const rules: RuleContextOptions = {
    settings: Object.freeze(settings),
    origins: origins as SettingOrigins,
    idle,
    flagName: sources.flagName,
    unknown: new Set([...search.refused, ...variables.meant, ...doubtfulNames(sources.file)]),
  }
  const context = new RuleContext(rules)
  const unused = unusedSettings(context, sources.command)
  const uses = useProblems(sources, context)
  const partial: Resolved = {
    settings,
    origins: rules.origins,
    refused: search.refused,
    warnings: [...search.warnings, ...uses.warnings, ...unused.warnings, ...variables.warnings],
    notes: [...search.disregarded, ...uses.notes, ...unused.notes, ...variables.notes],
  }
  const faults = [
    ...(sources.file?.faults ?? []),
    ...unknownOptions(sources.options ?? {}),
    ...search.faults,
    ...variables.faults,
    ...uses.faults,
    ...ruleFaults({ ...rules, checksFiles: sources.checksFiles ?? false }),
  ]
  if (faults.length === 0) return { kind: 'settings', ...partial }
  return { kind: 'faults', faults, partial }
}

/** The settings of both kinds of resolution. */
export function resolvedOf(resolution: Resolution): Resolved {
  return resolution.kind === 'settings' ? resolution : resolution.partial
}

function useProblems(
  { checksUse = false, environment, command }: SettingSources,
  context: RuleContext,
): Problems {
  if (!isOn(context.settings)) {
    const warnings = command === 'serve' ? [] : sharedSwitchWarnings(context)
    return { ...noProblems, warnings }
  }
  if (!checksUse) return noProblems
  const { faults, warnings, notes } = otlpProblems(environment, context)
  const others = [...instrumentationWarnings(context), ...directoryWarnings(context)]
  const packages = redisPackageFaults(context)
  return { faults: [...faults, ...packages], warnings: [...warnings, ...others], notes }
}

function unknownOptions(options: Readonly<Record<string, unknown>>): Problem[] {
  const unknown = Object.keys(options).filter((name) => !Object.hasOwn(table, name))
  return unknown.map((name) => {
    const right = nearestName(name, settingNames)
    const hint = right ? `did you mean ${right}?` : `allowed are ${settingNames.join(', ')}.`
    return noValue('GPE_OPTION_UNKNOWN', name, `${name} is not an option; ${hint}`)
  })
}

function doubtfulNames({ doubtful }: ConfigFile = emptyFile): SettingName[] {
  return settingNames.filter((name) => settingOf(name).keys.some((key) => doubtful.has(key)))
}

function namesOf(origins: SettingOrigins): Record<SettingName, string> {
  const names = settingNames.map((name): [SettingName, string] => {
    const { kind, name: given } = origins[name]
    return [name, kind === 'default' ? usualName(name) : given]
  })
  return Object.fromEntries(names) as Record<SettingName, string>
}
