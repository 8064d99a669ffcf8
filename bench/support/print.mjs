import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'

export function print(line = '') {
  process.stdout.write(`${line}\n`)
}

/** The date, the versions, the machine and its load. A figure means nothing without them. */
export function printHead(title, { node, packages }) {
  const own = readVersion('../../package.json')
  const others = packages.map(
    (name) => `${name} ${readVersion(`../../node_modules/${name}/package.json`)}`,
  )
  print(title)
  print(`  ${new Date().toISOString()}, Node ${nodeVersion(node)}`)
  print(`  ${[`gunicorn-prometheus-exporter ${own}`, ...others].join(', ')}`)
  print(`  ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, ${load()}`)
  print()
}

/** Compare the load average with the load of the benchmark itself: the rest is noise. */
export function printTail() {
  print()
  print(`  at the end: ${load()}`)
}

/**
 * @param {string[][]} rows the first row is the head. All columns but the first align to the right.
 */
export function printTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
    )
    print(`  ${cells.join('   ').trimEnd()}`)
  }
}

/** A missed target does not fail the run: the machine may be the reason. */
export function printTarget(name, { value, limit, unit = '', digits = 3 }) {
  const outcome = value <= limit ? 'met' : 'missed'
  print(`  ${name}: ${value.toFixed(digits)}${unit}, target ≤ ${limit}${unit}: ${outcome}`)
}

export function nodeVersion(node) {
  return execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim()
}

function readVersion(path) {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')).version
}

function load() {
  return `load average ${loadavg()[0].toFixed(2)}`
}
