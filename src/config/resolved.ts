import type { SettingName, Settings } from './settings.ts'

/** Who gave a setting its value, and the name under which. */
export interface Origin {
  readonly kind: 'default' | 'file' | 'environment' | 'command line' | 'option'
  /** A key of the file, a variable, a flag, or an option's name. */
  readonly name: string
}

export type Origins = { readonly [Name in SettingName]: Origin }

/** Settings, and who gave them. */
export interface Resolved {
  readonly settings: Settings
  readonly origins: Origins
  /** What was ignored, a sentence each: OTel has bad values of its variables told, and not refused. */
  readonly warnings: readonly string[]
}
