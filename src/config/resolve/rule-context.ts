import type { Problem } from '../problem.ts'
import { usualName } from '../setting-names.ts'
import type { SettingName, Settings } from '../settings.ts'
import { withDashes } from '../table/setting.ts'
import { settingOf } from '../table.ts'
import type { SettingOrigins } from './resolved.ts'

export interface RuleContextOptions {
  /** A refused setting has its default here. */
  readonly settings: Settings
  readonly origins: SettingOrigins
  /** Settings with a refused value, and settings that a part with a fault may mean to set. */
  readonly unknown: ReadonlySet<SettingName>
  /** Settings of unused features, which have no faults. */
  readonly idle: ReadonlySet<SettingName>
  /** A flag as the user wrote the flag. Default: with two dashes. */
  readonly flagName?: ((flag: string) => string) | undefined
}

/** Answers questions of the rules about the settings. Unknown values satisfy each rule. */
export class RuleContext {
  readonly settings: Settings
  readonly origins: SettingOrigins
  readonly #options: RuleContextOptions

  constructor(options: RuleContextOptions) {
    this.settings = options.settings
    this.origins = options.origins
    this.#options = options
  }

  isIdle(name: SettingName): boolean {
    return this.#options.idle.has(name)
  }

  /** Whether the setting is given, with a good value or a refused value. */
  isGiven(name: SettingName): boolean {
    return this.origins[name].kind !== 'default' && !this.isIdle(name)
  }

  /** Whether a flag is on, or a value is given. A refused flag may be off. */
  has(name: SettingName): boolean {
    const { kind } = settingOf(name)
    if (this.#options.unknown.has(name)) {
      return kind.schema['type'] !== 'boolean' && this.isGiven(name)
    }
    const { [name]: value } = this.settings
    const isOff = value === undefined || value === false
    return !(isOff || (Array.isArray(value) && value.length === 0)) && !this.isIdle(name)
  }

  /** Whether the value is as the user wants it. A refused setting has its default. */
  knows(name: SettingName): boolean {
    return !this.#options.unknown.has(name)
  }

  /** Whether the setting is certainly missing. */
  lacks(name: SettingName): boolean {
    return !(this.has(name) || this.#options.unknown.has(name))
  }

  /** The name as the user wrote the name. */
  named(name: SettingName): string {
    const { kind, name: given } = this.origins[name]
    return kind === 'default' ? usualName(name) : given
  }

  /** The name of a missing setting in the source of another setting, where the user looks. */
  missing(name: SettingName, beside: SettingName): string {
    const origin = this.origins[beside]
    const { keys, flag } = settingOf(name)
    if (origin.kind === 'file') return `exporter.${keyBeside(keys, origin.name)}`
    if (origin.kind === 'option') return name
    const { flagName = withDashes } = this.#options
    return origin.kind === 'command line' && flag ? flagName(flag.name) : this.named(name)
  }

  /** The fault of a setting that another setting needs. */
  required(name: SettingName, by: SettingName): Problem {
    return missingValue(this.missing(name, by), `${this.named(by)} requires this setting`)
  }

  /** The fault of two settings that exclude each other. */
  both(one: SettingName, other: SettingName): Problem {
    const key = this.named(one)
    const message = `${key} and ${this.named(other)} are both given; only one is allowed.`
    const allowed = `one of ${key} and ${this.named(other)}`
    return { code: 'GPE_SETTING_CONFLICT', key, got: 'given', allowed, message }
  }
}

export function missingValue(key: string, reason: string): Problem {
  return {
    code: 'GPE_SETTING_MISSING',
    key,
    got: null,
    allowed: 'a value',
    message: `${key} is not given; ${reason}.`,
  }
}

/** The key of the section that holds the given key: a setting can have a key in two sections. */
function keyBeside(keys: readonly string[], given: string): string | undefined {
  const section = given.slice('exporter.'.length, given.lastIndexOf('.') + 1)
  return keys.find((key) => key.startsWith(section)) ?? keys[0]
}
