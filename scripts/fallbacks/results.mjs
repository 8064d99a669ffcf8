import { readFileSync } from 'node:fs'

/** What the lines of the reporter say. */
export function readResults(file) {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
  const of = (kind) => lines.filter((line) => line.kind === kind)
  return { failed: of('failed'), skipped: of('skipped'), files: of('file') }
}

/** The files with a failed test, each once. */
export function failedFiles({ failed, files }) {
  const whole = files.filter((file) => file.failed + file.cancelled > 0)
  return [...new Set([...failed, ...whole].map(({ file }) => file))].filter(Boolean)
}

/** Failed tests with their reasons, numbers of skipped tests by reason, and the slowest files. */
export function describeResults({ failed, skipped, files }) {
  return [
    ...failed.map(({ file, line, name, error }) => `failed: ${file}:${line}: ${name}: ${error}`),
    ...countsOf(skipped.map(({ file, reason }) => `${file}: ${reason}`)).map(
      ([what, count]) => `skipped: ${count} of ${what}`,
    ),
    ...[...files]
      .sort((left, right) => right.seconds - left.seconds)
      .slice(0, slowest)
      .map(({ file, seconds, tests }) => `slow: ${seconds} s for ${tests} tests of ${file}`),
  ]
}

/** Number of files. */
const slowest = 25

function countsOf(texts) {
  const counts = new Map()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return [...counts]
}
