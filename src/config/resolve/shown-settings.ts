import { usualName } from '../setting-names.ts'
import type { SettingName } from '../settings.ts'
import { settingNames, settingOf } from '../table.ts'
import type { Resolved, SettingOrigin } from './resolved.ts'

/** The settings as lines with variable, value and source. Secrets are masked. */
export function shownSettings(resolved: Resolved): string {
  const width = Math.max(...settingNames.map((name) => usualName(name).length)) + 2
  const lines = settingNames.map((name) => {
    const source = sourceOf(resolved.origins[name], name)
    return `${usualName(name).padEnd(width)}${shownValue(resolved, name)}  (${source})\n`
  })
  return lines.join('')
}

function shownValue({ settings, origins, refused }: Resolved, name: SettingName): string {
  const { [name]: value } = settings
  const { kind, fallbackText } = settingOf(name)
  // A given value can be undefined, too: a directory that is off.
  const isDefault = origins[name].kind === 'default' || refused.has(name)
  if (isDefault && value === undefined) return fallbackText ?? 'none'
  return kind.shown(value) || 'none'
}

function sourceOf({ kind, name }: SettingOrigin, setting: SettingName): string {
  if (kind === 'default') return kind
  return kind === 'environment' && name === usualName(setting) ? kind : name
}
