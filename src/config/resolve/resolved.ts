import type { Problem } from '../problem.ts'
import type { SettingName, Settings } from '../settings.ts'

export type Environment = Readonly<Record<string, string | undefined>>

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
  /** Settings with a refused value. `settings` has their defaults. */
  readonly refused: ReadonlySet<SettingName>
  /** Ignored values, and variables that look like mistakes. */
  readonly warnings: readonly Problem[]
  /** Ignored variables of other programs and of unused features. Only `check` shows them. */
  readonly notes: readonly Problem[]
}
