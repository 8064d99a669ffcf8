import type { SettingName, Settings } from './settings.ts'

/** Who gave a setting its value, and the name under which. */
export interface SettingOrigin {
  readonly kind: 'default' | 'file' | 'environment' | 'command line' | 'option'
  /** A key of the file, a variable, a flag, or an option's name. */
  readonly name: string
}

/** What was given for a setting, and by whom. */
export interface FoundSetting {
  readonly text: string
  readonly origin: SettingOrigin
}

export type SettingOrigins = { readonly [Name in SettingName]: SettingOrigin }

/** Settings, and who gave them. */
export interface Resolved {
  readonly settings: Settings
  readonly origins: SettingOrigins
  /** What was ignored, a sentence each: OTel has bad values of its variables told, and not refused. */
  readonly warnings: readonly string[]
  /** Variables that were left alone, a sentence each: nobody asked for what they would say, so they may be others'. */
  readonly disregarded: readonly string[]
}
