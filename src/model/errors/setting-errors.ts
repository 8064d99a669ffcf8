import type { ErrorDeclaration } from './declaration.ts'

export type SettingErrorCode =
  | 'GPE_CONFIG_REFUSED'
  | 'GPE_CONFIG_FILE'
  | 'GPE_SETTING_VALUE'
  | 'GPE_SETTING_MISSING'
  | 'GPE_SETTING_CONFLICT'
  | 'GPE_SETTING_FILE'
  | 'GPE_SETTING_UNKNOWN'
  | 'GPE_SETTING_IGNORED'
  | 'GPE_SETTING_UNUSED'
  | 'GPE_SETTING_OTLP'
  | 'GPE_SHARED_SWITCH'

/** Codes of settings, from every source. */
export const settingErrors: Readonly<Record<SettingErrorCode, ErrorDeclaration>> = {
  GPE_CONFIG_REFUSED: {
    level: 'error',
    meaning: 'The configuration has faults. The error lists them, each with its own code.',
    remedy: 'Look up the code of each fault.',
    page: 'configuration.md',
    findings: ['setting-wrong'],
  },
  GPE_CONFIG_FILE: {
    level: 'error',
    meaning: 'The configuration file cannot be read, or has a key that does not exist.',
    remedy: 'Mend the file as the line says. `schema.json` lists all keys.',
    page: 'configuration.md',
  },
  GPE_SETTING_VALUE: {
    level: 'error',
    meaning: 'A setting has a value that is not allowed.',
    remedy: 'Give a value of the allowed form, which the line names.',
    page: 'configuration.md',
    findings: ['setting-wrong'],
  },
  GPE_SETTING_MISSING: {
    level: 'error',
    meaning: 'A setting is missing that another setting requires.',
    remedy: 'Give both settings, or neither of them.',
    page: 'configuration.md',
  },
  GPE_SETTING_CONFLICT: {
    level: 'error',
    meaning: 'Two settings exclude each other.',
    remedy: 'Remove one of them.',
    page: 'configuration.md',
  },
  GPE_SETTING_FILE: {
    level: 'error',
    meaning: 'A setting names a file that is missing, empty, unreadable or of another kind.',
    remedy: 'Name a file that this user can read. The line says what is wrong with the file.',
    page: 'configuration.md',
  },
  GPE_SETTING_UNKNOWN: {
    level: 'warning',
    meaning: 'A variable looks like a setting, and no setting has this name.',
    remedy: 'Correct the name, or remove the variable. `check` lists all settings.',
    page: 'configuration.md',
  },
  GPE_SETTING_IGNORED: {
    level: 'warning',
    meaning: 'A value is wrong, and the program goes on without the value.',
    remedy: 'Give a value of the allowed form, which the line names.',
    page: 'configuration.md',
    findings: ['setting-doubtful'],
  },
  GPE_SETTING_UNUSED: {
    level: 'warning',
    meaning: 'A setting has no effect beside the other settings, or in this command.',
    remedy: 'Remove the setting, or give what the line says is missing.',
    page: 'configuration.md',
  },
  GPE_SETTING_OTLP: {
    level: 'warning',
    meaning: 'A variable of OTLP looks mistaken, so pushes can fail.',
    remedy: 'Correct the variable as the line says.',
    page: 'otlp.md#settings',
    findings: ['otlp-doubtful'],
  },
  GPE_SHARED_SWITCH: {
    level: 'warning',
    meaning: 'A variable that every OpenTelemetry SDK reads switches this exporter off.',
    remedy: 'Set the variable of this package that the line names.',
    page: 'troubleshooting.md#there-is-no-page',
  },
}
