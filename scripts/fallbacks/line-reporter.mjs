import { relative } from 'node:path'

/** A reporter of Node's test runner: a JSON line for each failed or skipped test and each file. */
// biome-ignore lint/style/noDefaultExport: the runner takes the default export.
export default async function* lines(events) {
  for await (const event of events) {
    const line = lineOf(event)
    if (line) yield `${JSON.stringify(line)}\n`
  }
}

function lineOf({ type, data }) {
  const { file: path, name, line, details } = data ?? {}
  const file = path && relative(process.cwd(), path)
  if (type === 'test:fail' && details.error?.failureType !== 'subtestsFailed') {
    return { kind: 'failed', file, line, name, error: reasonOf(details.error) }
  }
  if (type === 'test:pass' && data.skip !== undefined) {
    return { kind: 'skipped', file, line, name, reason: data.skip }
  }
  // The summary of all files has no file.
  if (type === 'test:summary' && file) {
    return { kind: 'file', file, seconds: Math.round(data.duration_ms / 1_000), ...data.counts }
  }
  return undefined
}

function reasonOf(error) {
  return String(error?.cause?.message ?? error?.message)
    .split('\n')[0]
    .slice(0, 200)
}
