import type { Environment } from '../../config/resolve/resolved.ts'
import { configVariable, topPasswordVariable, topTokenVariable } from '../../config/variables.ts'
import { topLimits } from '../../limits/tools/top.ts'
import { quoted } from '../../log/redact.ts'
import { type CodedText, coded } from '../../model/errors/coded-text.ts'
import { version } from '../../model/version.ts'
import { nearestName } from '../../support/nearest-name.ts'
import { type CommandOptions, type OptionValues, readOptions } from '../line/command-options.ts'
import { type CommandPage, helpText } from '../line/command-page.ts'
import type { StateOptions } from './state/top-state.ts'
import { type ViewName, viewNames } from './tables/table.ts'
import { sortNames, withTable } from './tables/tables.ts'
import { readPlace, type TopPlace } from './top-place.ts'

/** What `top` shows, and how. */
export interface TopSettings {
  readonly place: TopPlace
  readonly state: StateOptions
  /** `screen`: the whole terminal. Without a terminal, `text`. */
  readonly output: 'screen' | 'text' | 'json'
  /** Outputs as text or JSON; undefined: without end. */
  readonly count: number | undefined
}

/** The result of reading a command line of `top`. */
export type TopRequest =
  | {
      readonly kind: 'top'
      readonly settings: TopSettings
      readonly warnings: readonly CodedText[]
    }
  /** The command only prints a text to stdout. */
  | { readonly kind: 'print'; readonly text: string }
  | { readonly kind: 'faults'; readonly faults: readonly CodedText[] }

export const topOptions: CommandOptions = {
  once: { short: '1', help: 'print one table as text, and exit; the default without a terminal' },
  json: { short: 'j', help: 'print one JSON object, and exit' },
  count: { short: 'n', value: 'N', help: 'print N tables or objects, an interval apart' },
  interval: {
    short: 'd',
    value: 'SECONDS',
    help: 'time between two readings',
    fallback: String(topLimits.intervalSeconds),
  },
  view: {
    short: 'w',
    value: 'VIEW',
    help: `what to show: ${viewNames.join(', ')}`,
    fallback: 'workers',
    choices: viewNames,
  },
  sort: {
    short: 's',
    value: 'COLUMN',
    help: 'sort by this column, such as cpu; see docs/top.md',
    choices: [...new Set(viewNames.flatMap(sortNames))],
  },
  reverse: { short: 'r', help: 'reverse the order' },
  filter: { short: 'f', value: 'TEXT', help: 'only rows with this text' },
  user: { short: 'u', value: 'NAME', help: 'user of basic authentication' },
  'password-file': {
    value: 'FILE',
    help: 'file with the password of --user',
    env: [topPasswordVariable],
  },
  'token-file': { value: 'FILE', help: 'file with a bearer token', env: [topTokenVariable] },
  'ca-file': { value: 'FILE', help: 'authority of the exporter’s certificate, PEM' },
  'cert-file': { value: 'FILE', help: 'client certificate, PEM' },
  'key-file': { value: 'FILE', help: 'private key of --cert-file, PEM' },
  insecure: { help: 'accept every certificate of the exporter' },
  config: {
    short: 'c',
    value: 'FILE',
    help: 'configuration of the exporter, for its address',
    env: [configVariable],
  },
  version: { short: 'v', help: 'print the version and exit' },
  help: { short: 'h', help: 'print this text' },
}

/** Reads the command line after `top`. */
export function parseTop(argv: readonly string[], environment: Environment): TopRequest {
  const { url, rest, surplus } = withoutUrl(argv)
  const faults: CodedText[] = []
  const values = readOptions({ argv: rest, options: topOptions, command: 'top' }, faults)
  if (values['version'] === '') return { kind: 'print', text: `${version}\n` }
  if (values['help'] === '') return { kind: 'print', text: topHelp() }
  if (surplus !== undefined)
    faults.push(coded('GPE_OPTION_VALUE', `${quoted(surplus)} is one URL too many; top reads one.`))
  const state = stateOf(values, faults)
  const count = countOf(values, faults)
  const { place, warnings } = readPlace({ url, values, environment }, faults)
  if (faults.length > 0 || place === undefined) return { kind: 'faults', faults }
  const isText = values['once'] === '' || count !== undefined
  const output = values['json'] === '' ? 'json' : isText ? 'text' : 'screen'
  return { kind: 'top', settings: { place, state, output, count }, warnings }
}

/** The URL may stand before, between or behind the options. */
function withoutUrl(argv: readonly string[]): {
  readonly url: string | undefined
  readonly rest: readonly string[]
  readonly surplus: string | undefined
} {
  const isValue = (index: number): boolean => takesValue(argv[index - 1] ?? '')
  const isUrl = (index: number): boolean => !(argv[index] ?? '').startsWith('-') && !isValue(index)
  const at = argv.flatMap((_, index) => (isUrl(index) ? index : []))
  const [first, second] = at
  return {
    url: first === undefined ? undefined : argv[first],
    rest: argv.filter((_, index) => !at.includes(index)),
    surplus: second === undefined ? undefined : argv[second],
  }
}

function takesValue(argument: string): boolean {
  if (argument.startsWith('--')) return topOptions[argument.slice(2)]?.value !== undefined
  if (!/^-[^-]/.test(argument)) return false
  const last = argument.at(-1)
  return Object.values(topOptions).some(({ short, value }) => short === last && value !== undefined)
}

function stateOf(values: OptionValues, faults: CodedText[]): StateOptions {
  const view = viewOf(values['view'], faults)
  const names = sortNames(view)
  const given = values['sort']
  if (given !== undefined && !names.includes(given)) {
    const right = nearestName(given, names)
    const hint = right === undefined ? '' : `; did you mean ${right}?`
    faults.push(
      coded(
        'GPE_OPTION_VALUE',
        `--sort ${quoted(given)} is not a column of ${view}${hint || '.'} ` +
          `Allowed are ${names.join(', ')}.`,
      ),
    )
  }
  return {
    view,
    sort: given ?? withTable(view, ({ sort }) => sort),
    isReversed: values['reverse'] === '',
    filter: (values['filter'] ?? '').slice(0, topLimits.filterChars),
    intervalSeconds: intervalOf(values['interval'], faults),
  }
}

function viewOf(given: string | undefined, faults: CodedText[]): ViewName {
  const view = viewNames.find((each) => each === (given ?? 'workers'))
  if (view !== undefined) return view
  faults.push(
    coded(
      'GPE_OPTION_VALUE',
      `--view ${quoted(given ?? '')} is not a view. Allowed are ${viewNames.join(', ')}.`,
    ),
  )
  return 'workers'
}

function intervalOf(given: string | undefined, faults: CodedText[]): number {
  const { leastIntervalSeconds: least, mostIntervalSeconds: most, intervalSeconds } = topLimits
  if (given === undefined) return intervalSeconds
  const seconds = /^\d+(?:\.\d+)?$/.test(given) ? Number(given) : Number.NaN
  if (seconds >= least && seconds <= most) return seconds
  faults.push(
    coded(
      'GPE_OPTION_VALUE',
      `--interval ${quoted(given)} is not a number of seconds from ${least} to ${most}.`,
    ),
  )
  return intervalSeconds
}

function countOf(values: OptionValues, faults: CodedText[]): number | undefined {
  const given = values['count']
  if (given === undefined) {
    return values['once'] === '' || values['json'] === '' ? 1 : undefined
  }
  const count = /^\d{1,7}$/.test(given) ? Number(given) : 0
  if (count >= 1 && count <= topLimits.readings) return count
  faults.push(
    coded(
      'GPE_OPTION_VALUE',
      `--count ${quoted(given)} is not a whole number from 1 to ${topLimits.readings}.`,
    ),
  )
  return undefined
}

/** The help of `top`. */
export const topPage: CommandPage = {
  name: 'top',
  text:
    'Shows workers, routes, deaths and instances of a running exporter. URL is http://HOST:PORT, ' +
    'https://HOST:PORT, HOST:PORT or unix:/path. Without a URL: the endpoint of the ' +
    'configuration, which is http://localhost:9091 by default. Press h for the keys.',
  options: topOptions,
  exitCodes: {
    0: 'the figures were shown',
    1: 'the exporter gave no figures, or the output cannot be written',
    2: 'an option or the address is wrong',
  },
}

/** The text of `top --help`. */
export function topHelp(): string {
  return helpText(topPage)
}
