import { findConfigFile } from '../../config/config-file.ts'
import { environment } from '../../config/environment.ts'
import { messagesOf } from '../../config/problem.ts'
import { type Resolution, resolveSettings } from '../../config/resolve/resolve.ts'
import type { Resolved } from '../../config/resolve/resolved.ts'
import { shownSettings } from '../../config/resolve/shown-settings.ts'
import { nameOf } from '../../config/setting-names.ts'
import { isOn } from '../../config/settings.ts'
import { configVariable } from '../../config/variables.ts'
import type { LogFormat } from '../../log/log-line.ts'
import type { CodedText } from '../../model/errors/coded-text.ts'
import { printable } from '../../model/text/printable.ts'
import { type CommandOptions, readOptions } from '../line/command-options.ts'
import { type CommandPage, helpText } from '../line/command-page.ts'
import { checkReport } from './check-report.ts'

/** The result of a check. */
export type Finding =
  /** A text for stdout, and whether the configuration passes. */
  | { readonly kind: 'text'; readonly text: string; readonly isGood: boolean }
  /** Lines for stderr. */
  | {
      readonly kind: 'faults'
      readonly faults: readonly CodedText[]
      readonly warnings: readonly CodedText[]
      readonly logFormat: LogFormat
    }
  | { readonly kind: 'misuse'; readonly faults: readonly CodedText[]; readonly help: string }

const options: CommandOptions = {
  config: { short: 'c', value: 'FILE', help: 'configuration file, YAML', env: [configVariable] },
  json: { help: 'print one JSON object with settings, warnings, notes and errors' },
  strict: { help: 'end with code 2 for warnings too' },
  help: { short: 'h', help: 'print this text' },
}

/** The help of `check`. */
export const checkPage: CommandPage = {
  name: 'check',
  text:
    'Prints every setting, its value and where the value comes from: as the preload reads the ' +
    'settings. Secrets are masked. If settings are wrong, prints every fault to stderr.',
  options,
  exitCodes: {
    0: 'the configuration is right; warnings may be printed',
    1: 'the output cannot be written',
    2:
      'the configuration or an option is wrong, or pushes cannot work; with --strict also for ' +
      'warnings',
  },
  tables: [
    {
      title: '--json prints to stdout, unless an option is wrong',
      rows: {
        valid: 'whether there are no errors',
        on: 'whether there are no errors and the exporter is on',
        file: 'the configuration file, or null',
        settings: 'list of {variable, key, option, value, source: {kind, name}}',
        warnings:
          'list of {code, key, got, allowed, message}: ignored values, and variables that look ' +
          'mistyped',
        notes: 'list of the same form: variables of other programs and of unused features',
        errors: 'list of the same form',
      },
    },
  ],
}

const help = helpText(checkPage)

/** Resolves the configuration as the preload does, and shows the settings. */
export function check(argv: readonly string[]): Finding {
  const faults: CodedText[] = []
  const values = readOptions({ argv, options, command: 'check' }, faults)
  if (faults.length > 0) return { kind: 'misuse', faults, help }
  if (values['help'] === '') return { kind: 'text', text: help, isGood: true }
  const variables = environment()
  const file = findConfigFile(values['config'] ?? variables[configVariable])
  const resolution = resolveSettings({
    environment: variables,
    file,
    checksFiles: true,
    checksUse: true,
  })
  const isStrict = values['strict'] !== undefined
  if (values['json'] !== undefined) {
    const isGood = resolution.kind === 'settings' && passes(resolution, isStrict)
    return { kind: 'text', text: checkReport(resolution, file?.path), isGood }
  }
  return shown(resolution, file?.path, isStrict)
}

function shown(resolution: Resolution, path: string | undefined, isStrict: boolean): Finding {
  if (resolution.kind === 'faults') {
    const { faults, partial } = resolution
    return {
      kind: 'faults',
      faults: messagesOf(faults),
      warnings: messagesOf(partial.warnings),
      logFormat: partial.settings.logFormat,
    }
  }
  const { settings, warnings, notes } = resolution
  const lines = [
    `File: ${path ?? 'none'}`,
    ...messagesOf(warnings).map((text) => `Warning: ${text}`),
    ...messagesOf(notes).map((text) => `Note: ${text}`),
    ...(isOn(settings) ? [] : [`The exporter is switched off by ${switchOf(resolution)}.`]),
  ]
  const text = printable(`${lines.join('\n')}\n${shownSettings(resolution)}`)
  return { kind: 'text', text, isGood: passes(resolution, isStrict) }
}

/** The setting that switches the exporter off, as the user wrote its name. */
function switchOf({ settings }: Resolved): string {
  return nameOf(settings, settings.sdkDisabled ? 'sdkDisabled' : 'metricsExporters')
}

function passes({ warnings }: Resolved, isStrict: boolean): boolean {
  return !isStrict || warnings.length === 0
}
