import { settingNames, settingOf } from '../table.ts'
import type { Resolved } from './resolved.ts'

/** The settings as lines with name, value and source. Secrets are masked. */
export function shownSettings({ settings, origins }: Resolved): string {
  const width = Math.max(...settingNames.map((name) => name.length)) + 2
  const lines = settingNames.map((name) => {
    const { kind, name: given } = origins[name]
    const shown = settingOf(name).kind.shown(settings[name]) || 'none'
    return `${name.padEnd(width)}${shown}  (${kind === 'default' ? kind : given})\n`
  })
  return lines.join('')
}
