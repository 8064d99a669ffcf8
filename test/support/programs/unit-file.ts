import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The folder of the units that the package ships. */
export const unitFolder: string = join(import.meta.dirname, '../../../deploy/systemd')

/** The values of each key of a unit file, with joined lines. */
export function readUnit(name: string): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>()
  const text = readFileSync(join(unitFolder, name), 'utf8').replace(/\\\n\s*/g, '')
  for (const [, key = '', value = ''] of text.matchAll(/^([A-Za-z]+)=(.*)$/gm)) {
    values.set(key, [...(values.get(key) ?? []), value])
  }
  return values
}
