/*
 * A reader of expositions that is stricter than page.ts: it keeps order, duplicate labels and
 * metadata, and `faultsOf` lists everything that a scraper may refuse.
 */

export interface RawSample {
  readonly name: string
  /** In the order of the page, with duplicates. */
  readonly labels: readonly (readonly [name: string, value: string])[]
  readonly value: number
  readonly line: string
}

export interface RawFamily {
  readonly name: string
  type: string | undefined
  help: string | undefined
  unit: string | undefined
  readonly samples: RawSample[]
}

export type Format = 'prometheus' | 'openmetrics'

/** Reads samples with any name. Throws if the syntax of a line is wrong. */
export function readSamples(text: string): RawSample[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(readSample)
}

export function readSample(line: string): RawSample {
  const open = line.indexOf('{')
  const space = line.indexOf(' ')
  const bare = open < 0 || (space >= 0 && space < open)
  const reader = new Reader(line, bare ? space : open)
  const labels = bare ? [] : reader.labels()
  reader.expect(' ')
  return { name: line.slice(0, bare ? space : open), labels, value: readValue(reader.rest()), line }
}

/** The faults of a page. A valid page has none. */
export function faultsOf(text: string, format: Format): string[] {
  const checker = new Checker(format)
  const lines = text.split('\n')
  if (lines.pop() !== '') checker.faults.push('the last line is not ended')
  if (format === 'openmetrics' && lines.pop() !== '# EOF') checker.faults.push('no # EOF')
  for (const line of lines) checker.line(line)
  return checker.finish()
}

/** A text for each series, independent of the order of labels. An empty label counts as absent. */
export function seriesOf({ name, labels }: RawSample): string {
  const present = labels.filter(([, value]) => value !== '')
  return `${name} ${JSON.stringify(present.map(([key, value]) => `${key}=${value}`).sort())}`
}

class Reader {
  readonly #line: string
  #at: number

  constructor(line: string, at: number) {
    this.#line = line
    this.#at = at
  }

  expect(text: string): void {
    if (!this.#line.startsWith(text, this.#at)) {
      throw new Error(`${JSON.stringify(text)} expected at ${this.#at} of: ${this.#line}`)
    }
    this.#at += text.length
  }

  rest(): string {
    return this.#line.slice(this.#at)
  }

  labels(): [string, string][] {
    const labels: [string, string][] = []
    this.expect('{')
    while (!this.rest().startsWith('}')) {
      if (labels.length > 0) this.expect(',')
      labels.push(this.#label())
    }
    this.expect('}')
    return labels
  }

  #label(): [string, string] {
    const end = this.#line.indexOf('=', this.#at)
    const name = this.#line.slice(this.#at, end)
    this.#at = end
    this.expect('="')
    let value = ''
    while (!this.rest().startsWith('"')) value += this.#char()
    this.expect('"')
    return [name, value]
  }

  #char(): string {
    const char = this.#line[this.#at]
    if (char === undefined) throw new Error(`unended label value: ${this.#line}`)
    this.#at += 1
    if (char !== '\\') return char
    const escaped = escapes.get(this.#line[this.#at] ?? '')
    if (escaped === undefined) throw new Error(`unknown escape: ${this.#line}`)
    this.#at += 1
    return escaped
  }
}

const escapes = new Map([
  ['\\', '\\'],
  ['"', '"'],
  ['n', '\n'],
])

function readValue(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY
  if (text === '-Inf') return Number.NEGATIVE_INFINITY
  if (text === 'NaN') return Number.NaN
  if (!/^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/.test(text)) throw new Error(`not a value: ${text}`)
  return Number(text)
}

const suffixes: Record<string, Record<Format, readonly string[]>> = {
  counter: { prometheus: [''], openmetrics: ['_total'] },
  gauge: { prometheus: [''], openmetrics: [''] },
  histogram: {
    prometheus: ['_bucket', '_sum', '_count'],
    openmetrics: ['_bucket', '_sum', '_count'],
  },
}

/** Reads the lines of a page and collects faults. */
class Checker {
  readonly faults: string[] = []
  readonly #format: Format
  readonly #families = new Map<string, RawFamily>()
  readonly #series = new Set<string>()
  #family: RawFamily | undefined

  constructor(format: Format) {
    this.#format = format
  }

  line(line: string): void {
    try {
      if (line.startsWith('#')) this.#comment(line)
      else this.#sample(readSample(line))
    } catch (error) {
      this.faults.push((error as Error).message)
    }
  }

  finish(): string[] {
    for (const family of this.#families.values()) {
      if (family.samples.length === 0) this.faults.push(`${family.name} has no samples`)
      if (family.type === 'histogram') this.#histograms(family)
    }
    return this.faults
  }

  #comment(line: string): void {
    const match = /^# (HELP|TYPE|UNIT) ([a-zA-Z_:][\w:]*) (.*)$/s.exec(line)
    if (!match) {
      this.faults.push(`not a comment: ${line}`)
      return
    }
    const [, word = '', name = '', rest = ''] = match
    const field = word.toLowerCase() as 'help' | 'type' | 'unit'
    const family = this.#begin(name)
    if (family[field] !== undefined) this.faults.push(`a second ${word} of ${name}`)
    if (family.samples.length > 0) this.faults.push(`${word} behind samples of ${name}`)
    if (field === 'unit' && !name.endsWith(`_${rest}`))
      this.faults.push(`${name} is not in ${rest}`)
    family[field] = rest
  }

  #begin(name: string): RawFamily {
    if (this.#family?.name === name) return this.#family
    if (this.#families.has(name)) this.faults.push(`${name} is in two places`)
    this.#family = { name, type: undefined, help: undefined, unit: undefined, samples: [] }
    this.#families.set(name, this.#family)
    return this.#family
  }

  #sample(sample: RawSample): void {
    const family = this.#family
    const allowed = suffixes[family?.type ?? '']?.[this.#format] ?? []
    if (!family || !allowed.some((suffix) => family.name + suffix === sample.name)) {
      this.faults.push(`no sample of ${family?.name}: ${sample.line}`)
      return
    }
    family.samples.push(sample)
    this.#labels(sample)
    const series = seriesOf(sample)
    if (this.#series.has(series)) this.faults.push(`the same series twice: ${sample.line}`)
    this.#series.add(series)
  }

  #labels({ labels, line }: RawSample): void {
    const names = labels.map(([name]) => name)
    if (new Set(names).size < names.length) this.faults.push(`the same label twice: ${line}`)
    if (!names.every((name) => /^[a-zA-Z_]\w*$/.test(name) && !name.startsWith('__'))) {
      this.faults.push(`not a label name: ${line}`)
    }
  }

  /** Each series of a histogram has ascending buckets, then the sum, then the count. */
  #histograms({ name, samples }: RawFamily): void {
    let buckets: RawSample[] = []
    for (const sample of samples) {
      if (sample.name === `${name}_bucket`) buckets.push(sample)
      else if (boundOf(sample) !== undefined)
        this.faults.push(`le outside a bucket: ${sample.line}`)
      if (sample.name !== `${name}_count` && !this.#isWhole(buckets)) continue
      this.#buckets(buckets, sample)
      buckets = []
    }
    if (buckets.length > 0) this.faults.push(`buckets of ${name} without a count`)
  }

  /**
   * OpenMetrics allows neither a sum nor a count with bounds below zero. A sum or a count without
   * buckets is a fault.
   */
  #isWhole(buckets: readonly RawSample[]): boolean {
    const [first, last] = [buckets.at(0), buckets.at(-1)]
    if (this.#format === 'prometheus' || !first || !last) return false
    return boundOf(last) === '+Inf' && readValue(boundOf(first) ?? '') < 0
  }

  #buckets(buckets: readonly RawSample[], count: RawSample): void {
    const ends = buckets.map((bucket) => readValue(boundOf(bucket) ?? ''))
    const ascends = ends.every((end, index) => index === 0 || end > (ends[index - 1] ?? end))
    if (!ascends) this.faults.push(`le does not ascend: ${count.line}`)
    if (ends.at(-1) !== Number.POSITIVE_INFINITY) this.faults.push(`no +Inf: ${count.line}`)
    const values = buckets.map(({ value }) => value)
    const grows = values.every((value, index) => index === 0 || value >= (values[index - 1] ?? 0))
    if (!grows) this.faults.push(`buckets are not cumulative: ${count.line}`)
    if (values.at(-1) !== count.value) this.faults.push(`not the last bucket: ${count.line}`)
  }
}

function boundOf({ labels }: RawSample): string | undefined {
  return labels.find(([name]) => name === 'le')?.[1]
}
