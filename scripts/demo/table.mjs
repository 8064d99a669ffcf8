/** The rows: a name, and the text of a worker's column and of the total's column. */
const rows = [
  { title: 'pid', read: ({ pid }) => pid, isPerWorker: true },
  { title: 'state', read: ({ state }) => state, isPerWorker: true },
  { title: 'requests', read: ({ requests }) => String(requests) },
  { title: 'failed', read: ({ failed }) => String(failed) },
  { title: 'p50 duration', read: ({ p50 }) => duration(p50) },
  { title: 'p95 duration', read: ({ p95 }) => duration(p95) },
  { title: 'memory', read: ({ memory }) => `${(memory / 1e6).toFixed(0)} MB` },
  { title: 'CPU', read: ({ cpu }) => `${cpu.toFixed(0)} %` },
  {
    title: 'max. loop delay',
    read: ({ loopDelay }) => duration(loopDelay),
    isPerWorker: true,
  },
  { title: 'report age', read: ({ reportAge }) => duration(reportAge), isPerWorker: true },
]

const gap = '   '

/**
 * One column per worker and one column for the total. The table fits a terminal of 80 characters.
 */
export function renderTable({ workers, total }, { bold, dim }) {
  const header = ['worker', ...workers.map(({ id }) => id), 'all']
  const body = rows.map(({ title, read, isPerWorker }) => [
    title,
    ...workers.map(read),
    isPerWorker ? '' : read(total),
  ])
  const widths = header.map((_, column) =>
    Math.max(...[header, ...body].map((cells) => cells[column].length)),
  )
  const line = (cells) =>
    cells.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
    )
  const rule = dim('─'.repeat(widths.reduce((sum, width) => sum + width + gap.length, -gap.length)))
  const text = (cells) => line(cells).join(gap).trimEnd()
  return [bold(text(header)), rule, ...body.map(text)].join('\n')
}

/** Two significant digits in a suitable unit. */
function duration(seconds) {
  if (!Number.isFinite(seconds)) return '-'
  const milliseconds = seconds * 1_000
  if (milliseconds >= 1_000) return `${seconds.toFixed(1)} s`
  return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`
}
