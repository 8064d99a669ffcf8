import type { Resolution } from '../config/resolve/resolve.ts'
import type { SettingOrigin } from '../config/resolve/resolved.ts'
import { isOn, type SettingName } from '../config/settings.ts'
import { Secret } from '../config/table/secret.ts'
import { settingNames, table } from '../config/table.ts'

/**
 * The configuration as JSON, for programs. Secrets are masked.
 * @param path the configuration file, if any.
 */
export function checkReport(resolution: Resolution, path: string | undefined): string {
  const isValid = resolution.kind === 'settings'
  const resolved = isValid ? resolution : resolution.partial
  const refused = isValid ? new Set<SettingName>() : resolution.refused
  const settings = settingNames.map((name) => {
    const { env, keys } = table[name]
    return {
      variable: env[0] ?? null,
      key: keys[0] === undefined ? null : `exporter.${keys[0]}`,
      option: name,
      value: refused.has(name) ? null : plain(resolved.settings[name]),
      source: sourceOf(resolved.origins[name]),
    }
  })
  const { warnings, notes } = resolved
  const report = {
    valid: isValid,
    on: isValid && isOn(resolved.settings),
    file: path ?? null,
    settings,
    warnings,
    notes,
    errors: isValid ? [] : resolution.faults,
  }
  return `${JSON.stringify(report, undefined, 2)}\n`
}

/** The default has no name: its origin is the name in code. */
function sourceOf({ kind, name }: SettingOrigin): Readonly<Record<string, string | null>> {
  return { kind, name: kind === 'default' ? null : name }
}

function plain(value: unknown): unknown {
  return value instanceof Secret ? String(value) : (value ?? null)
}
