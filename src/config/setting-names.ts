import type { SettingName, Settings } from './settings.ts'
import { table } from './table.ts'

/** A global symbol: several bundles of this package pass settings to each other. */
const namesKey: unique symbol = Symbol.for('gunicorn-prometheus-exporter.setting-names')

type Names = { readonly [Name in SettingName]: string }

/** Adds the names that the user wrote to the settings, where copies and printing omit them. */
export function attachNames(settings: Settings, names: Names): void {
  Object.defineProperty(settings, namesKey, { value: names })
}

/**
 * The name of a setting as the user wrote the name, for a message: a variable, a key of the file or
 * an option. For a setting with its default, the name of the variable.
 */
export function nameOf(settings: Settings, name: SettingName): string {
  const { [namesKey]: names } = settings as { [namesKey]?: Names }
  return names?.[name] ?? usualName(name)
}

/** The first variable of a setting, or else the key of the file. */
export function usualName(name: SettingName): string {
  const { env, keys } = table[name]
  return env[0] ?? `exporter.${keys[0]}`
}
