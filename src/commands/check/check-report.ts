import { type Resolution, resolvedOf } from '../../config/resolve/resolve.ts'
import type { SettingOrigin } from '../../config/resolve/resolved.ts'
import { isOn } from '../../config/settings.ts'
import { Secret } from '../../config/table/secret.ts'
import { settingNames, table } from '../../config/table.ts'
import { printableJson } from '../../model/text/printable.ts'

/**
 * The configuration as JSON, for programs. Secrets are masked.
 * @param path the configuration file, if any.
 */
export function checkReport(resolution: Resolution, path: string | undefined): string {
  const isValid = resolution.kind === 'settings'
  const { settings: values, origins, refused, warnings, notes } = resolvedOf(resolution)
  const settings = settingNames.map((name) => {
    const { env, keys } = table[name]
    return {
      variable: env[0] ?? null,
      key: keys[0] === undefined ? null : `exporter.${keys[0]}`,
      option: name,
      value: refused.has(name) ? null : plain(values[name]),
      source: sourceOf(origins[name]),
    }
  })
  const report = {
    valid: isValid,
    on: isValid && isOn(values),
    file: path ?? null,
    settings,
    warnings,
    notes,
    errors: isValid ? [] : resolution.faults,
  }
  return printableJson(`${JSON.stringify(report, undefined, 2)}\n`)
}

/** The default has no name: its origin is the name in code. */
function sourceOf({ kind, name }: SettingOrigin): Readonly<Record<string, string | null>> {
  return { kind, name: kind === 'default' ? null : name }
}

function plain(value: unknown): unknown {
  return value instanceof Secret ? String(value) : (value ?? null)
}
