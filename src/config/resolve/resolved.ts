import type { SettingName, Settings } from '../settings.ts'

/** Where the value of a setting comes from. */
export interface SettingOrigin {
  readonly kind: 'default' | 'file' | 'environment' | 'command line' | 'option'
  /** A key of the file, a variable, a flag, or an option's name. */
  readonly name: string
}

/** The text of a setting, and where the text comes from. */
export interface FoundSetting {
  readonly text: string
  readonly origin: SettingOrigin
}

export type SettingOrigins = { readonly [Name in SettingName]: SettingOrigin }

/** The settings, and where their values come from. */
export interface Resolved {
  readonly settings: Settings
  readonly origins: SettingOrigins
  /** Ignored values, a sentence each: OpenTelemetry specifies a warning for its variables. */
  readonly warnings: readonly string[]
  /** Ignored variables of unused features, a sentence each: other programs can own them. */
  readonly disregarded: readonly string[]
}
