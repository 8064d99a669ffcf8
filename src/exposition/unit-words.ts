/*
 * Words of Prometheus for units of UCUM. The OpenTelemetry Collector has the same tables, so a
 * metric has one name on the page, by a scrape and by OTLP.
 */

const words: ReadonlyMap<string, string> = new Map([
  // Time
  ['d', 'days'],
  ['h', 'hours'],
  ['min', 'minutes'],
  ['s', 'seconds'],
  ['ms', 'milliseconds'],
  ['us', 'microseconds'],
  ['ns', 'nanoseconds'],
  // Bytes
  ['By', 'bytes'],
  ['KiBy', 'kibibytes'],
  ['MiBy', 'mebibytes'],
  ['GiBy', 'gibibytes'],
  ['TiBy', 'tibibytes'],
  ['KBy', 'kilobytes'],
  ['MBy', 'megabytes'],
  ['GBy', 'gigabytes'],
  ['TBy', 'terabytes'],
  // SI
  ['m', 'meters'],
  ['V', 'volts'],
  ['A', 'amperes'],
  ['J', 'joules'],
  ['W', 'watts'],
  ['g', 'grams'],
  // Others
  ['Cel', 'celsius'],
  ['Hz', 'hertz'],
  ['1', ''],
  ['%', 'percent'],
])

const wordsPer: ReadonlyMap<string, string> = new Map([
  ['s', 'second'],
  ['m', 'minute'],
  ['h', 'hour'],
  ['d', 'day'],
  ['w', 'week'],
  ['mo', 'month'],
  ['y', 'year'],
])

/** `main` of a unit, and `per` of its denominator. Empty where the unit adds nothing to a name. */
export interface UnitWords {
  readonly main: string
  readonly per: string
}

/** An annotation such as `{request}` has no word. An unknown unit is its own word. */
export function unitWords(unit: string): UnitWords {
  const at = unit.indexOf('/')
  const [main, per] = at < 0 ? [unit, ''] : [unit.slice(0, at), unit.slice(at + 1)]
  return { main: wordOf(words, main), per: wordOf(wordsPer, per) }
}

function wordOf(known: ReadonlyMap<string, string>, text: string): string {
  const unit = text.trim()
  if (/[{}]/.test(unit)) return ''
  const word = known.get(unit) ?? unit
  return word.replace(/[^a-z0-9]+/gi, '_').replace(/^_|_$/g, '')
}
