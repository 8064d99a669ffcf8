import { configVariable } from '../../config/variables.ts'
import { doctorLimits } from '../../limits/tools/doctor.ts'
import { quoted } from '../../log/redact.ts'
import { type CodedText, coded } from '../../model/errors/coded-text.ts'
import { isIntegerBetween } from '../../support/guards.ts'
import { type CommandOptions, type OptionValues, readOptions } from '../line/command-options.ts'
import { type CommandPage, helpText } from '../line/command-page.ts'
import type { TargetOptions } from './facts/target.ts'

/** The result of reading a command line of `doctor`. */
export type DoctorRequest =
  | {
      readonly kind: 'examine'
      readonly target: TargetOptions
      readonly timeoutMs: number
      readonly isJson: boolean
    }
  | { readonly kind: 'print'; readonly text: string }
  | { readonly kind: 'misuse'; readonly faults: readonly CodedText[]; readonly help: string }

const options: CommandOptions = {
  pid: { short: 'p', value: 'PID', help: 'process whose environment and settings count' },
  url: { short: 'u', value: 'URL', help: 'page to look at, in place of the page of the settings' },
  config: { short: 'c', value: 'FILE', help: 'configuration file, YAML', env: [configVariable] },
  json: { help: 'print one JSON object' },
  timeout: { value: 'SECONDS', help: 'time for all checks together', fallback: '10' },
  help: { short: 'h', help: 'print this text' },
}

/** The help of `doctor`. */
export const doctorPage: CommandPage = {
  name: 'doctor',
  text:
    'Looks at a running or failing set-up, and says what is wrong and what to do. Changes ' +
    'nothing. Without --pid, the settings of this environment count, and the process that has ' +
    'the port.',
  options,
  exitCodes: {
    0: 'no problem was found; there may be warnings',
    1: 'there are problems, or the output cannot be written',
    2: 'an option is wrong',
  },
  tables: [
    {
      title: '--json prints to stdout, unless an option is wrong',
      rows: {
        version: 'version of this form, 1',
        exporterVersion: 'version of this package',
        summary: '{problem, warning, unknown, note, ok, skipped}: numbers of findings',
        findings:
          'list of {check, id, level, lookedAt, found, remedy, page}, problems first; id, remedy ' +
          'and page can be null',
      },
    },
  ],
}

const help = helpText(doctorPage)

/** Reads the arguments after `doctor`. */
export function parseDoctor(argv: readonly string[]): DoctorRequest {
  const faults: CodedText[] = []
  const values = readOptions({ argv, options, command: 'doctor' }, faults)
  if (values['help'] === '') return { kind: 'print', text: help }
  const target = targetOptions(values, faults)
  const timeoutMs = timeoutOf(values['timeout'], faults)
  if (faults.length > 0) return { kind: 'misuse', faults, help }
  return { kind: 'examine', target, timeoutMs, isJson: values['json'] !== undefined }
}

function targetOptions(values: OptionValues, faults: CodedText[]): TargetOptions {
  return {
    config: values['config'],
    url: urlOf(values['url'], faults),
    pid: pidOf(values['pid'], faults),
  }
}

function urlOf(text: string | undefined, faults: CodedText[]): URL | undefined {
  if (text === undefined) return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && /^https?:$/.test(url.protocol) && url.username === '') return url
  faults.push(
    coded(
      'GPE_OPTION_VALUE',
      `--url is ${quoted(text)}; allowed is a URL of http:// or https:// without a user.`,
    ),
  )
  return undefined
}

/** Linux has pids up to 2^22. */
const mostPid = 4_194_304

function pidOf(text: string | undefined, faults: CodedText[]): number | undefined {
  if (text === undefined) return undefined
  const pid = /^\d+$/.test(text) ? Number(text) : 0
  if (isIntegerBetween(pid, 1, mostPid)) return pid
  faults.push(
    coded('GPE_OPTION_VALUE', `--pid is ${quoted(text)}; allowed is the number of a process.`),
  )
  return undefined
}

function timeoutOf(text: string | undefined, faults: CodedText[]): number {
  if (text === undefined) return doctorLimits.timeoutMs
  const { leastTimeoutSeconds: least, mostTimeoutSeconds: most } = doctorLimits
  const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (seconds >= least && seconds <= most) return 1_000 * seconds
  faults.push(
    coded(
      'GPE_OPTION_VALUE',
      `--timeout is ${quoted(text)}; allowed are ${least} to ${most} seconds.`,
    ),
  )
  return doctorLimits.timeoutMs
}
