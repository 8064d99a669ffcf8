/** A sample of an exposition page. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)/g

/** Reads samples, strictly: a line that is neither a comment nor a sample throws. */
export function parsePage(text: string): Sample[] {
  const lines = text.split('\n').filter((row) => row !== '' && !row.startsWith('#'))
  return lines.map((row) => {
    const match = line.exec(row)
    if (!match) throw new Error(`not a sample: ${row}`)
    const [, name = '', labels = '', value = ''] = match
    return { name, labels: parseLabels(labels), value: parseValue(value) }
  })
}

function parseLabels(text: string): Record<string, string> {
  return Object.fromEntries(
    Array.from(text.matchAll(label), ([, name = '', value = '']) => [
      name,
      value.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char)),
    ]),
  )
}

function parseValue(text: string): number {
  return text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text)
}

/** The samples with this name and with the given labels. */
export function select(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Sample[] {
  return samples.filter(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  )
}

/** Sum of the selected samples. NaN without samples, so that every comparison fails. */
export function sum(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const selected = select(samples, name, labels)
  if (selected.length === 0) return Number.NaN
  return selected.reduce((total, { value }) => total + value, 0)
}
