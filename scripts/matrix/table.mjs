const widths = [10, 12, 16, 7, 7, 8, 7]

export function header() {
  return line(['Node', 'sdk-metrics', 'chosen by', 'passed', 'failed', 'skipped', 'time'])
}

/** One cell with what became of it. */
export function row(cell, { versions, passed, failed, skipped, seconds, isGood }) {
  const [node = cell.node, otel = '-'] = versions
  const counts = [passed, failed, skipped].map((count) => String(count ?? '-'))
  const verdict = isGood ? '' : '  FAILED'
  const chooser = cell.pins ? 'the application' : 'npm'
  return line([node, otel, chooser, ...counts, `${seconds} s`], verdict)
}

function line(cells, verdict = '') {
  const padded = cells.map((cell, column) =>
    column < 3 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
  )
  return `${padded.join('  ')}${verdict}\n`
}
