import { topLimits } from '../../../limits/tools/top.ts'

/** A sample of Prometheus text. */
export interface PageSample {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
}

/** Names that `top` reads. A page can have hundreds of thousands of other series. */
const read = /^(?:gunicorn_(?:worker|master|sidecar)_|http_server_request_duration_|target_info)/

/**
 * Reads a page of Prometheus text: version 0.0.4, and the lines of OpenMetrics that `top` needs.
 * @returns undefined for a text of another form.
 */
export function parsePageText(text: string): PageSample[] | undefined {
  const samples: PageSample[] = []
  for (const row of rowsOf(text)) {
    // Each line is parsed: a page of HTML can have lines that look like a page of metrics.
    const sample = row.length > topLimits.lineChars ? undefined : parseLine(row)
    if (sample === undefined) return undefined
    if (read.test(sample.name)) samples.push(sample)
  }
  return samples.length === 0 && !text.includes('# TYPE ') ? undefined : samples
}

/** The lines without comments and empty lines. */
function* rowsOf(text: string): Generator<string> {
  let from = 0
  let left: number = topLimits.series
  while (from < text.length && left > 0) {
    const end = text.indexOf('\n', from)
    const to = end < 0 ? text.length : end
    const row = text.slice(from, to).trim()
    const isSample = row !== '' && !row.startsWith('#')
    left -= Number(isSample)
    if (isSample) yield row
    from = to + 1
  }
}

const label = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/
/** The name, the labels and the value. A time or an exemplar of OpenMetrics can follow. */
const sampleLine = new RegExp(
  String.raw`^([A-Za-z_:][\w:]*)` +
    String.raw`(?:\{((?:[ \t]*${label.source}[ \t]*(?:,|(?=\})))*)[ \t]*\})?` +
    String.raw`[ \t]+(\S+)(?:[ \t]|$)`,
)
const labels = new RegExp(label.source, 'g')

function parseLine(row: string): PageSample | undefined {
  const [, name = '', block = '', , , text = ''] = sampleLine.exec(row) ?? []
  const value = numberOf(text)
  if (value === undefined) return undefined
  const pairs = Array.from(block.matchAll(labels), ([, key = '', quoted = '']) => {
    return [key, quoted.replace(/\\(.)/g, unescaped)] as const
  })
  return { name, labels: new Map(pairs), value }
}

function unescaped(_: string, character: string): string {
  return character === 'n' ? '\n' : character
}

function numberOf(text: string): number | undefined {
  if (text === '+Inf' || text === 'Inf') return Number.POSITIVE_INFINITY
  if (text === '-Inf') return Number.NEGATIVE_INFINITY
  if (text === 'NaN') return Number.NaN
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text) ? Number(text) : undefined
}
