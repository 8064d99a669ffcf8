import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, type } from 'node:os'

/*
 * What the benchmarks print, in Markdown. `npm run bench` puts the output of the programs into one
 * document: each line that begins with two spaces becomes an item of a list.
 */

export function print(line = '') {
  process.stdout.write(`${line}\n`)
}

/**
 * The date, the versions, the machine and its load. A figure means nothing without them.
 *
 * @param {{ node: string, packages: readonly string[] }} subject `packages` of this repository, or
 *   `name@version`
 */
export function printHead(title, { node, packages }) {
  const own = readVersion('../../package.json')
  const others = packages.map((name) => (name.includes('@', 1) ? spaced(name) : installed(name)))
  print(title)
  print()
  print(`  ${new Date().toISOString().slice(0, 16)}Z, Node ${nodeVersion(node)}, ${machine()}`)
  print(`  ${[`gunicorn-prometheus-exporter ${own}`, ...others].join(', ')}`)
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
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((row) => row[column].length)))
  const [head, ...others] = rows.map((row) =>
    row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
    ),
  )
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  )
  for (const cells of [head, rule, ...others]) print(`| ${cells.join(' | ')} |`)
}

/** A missed target does not fail the run: the machine may be the reason. */
export function printTarget(name, { value, limit, unit = '', digits = 3 }) {
  const outcome = value <= limit ? 'met' : 'missed'
  print(`  ${name}: ${value.toFixed(digits)}${unit}, target ≤ ${limit}${unit}: ${outcome}`)
}

export function nodeVersion(node) {
  return execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim()
}

function installed(name) {
  return `${name} ${readVersion(`../../node_modules/${name}/package.json`)}`
}

function spaced(specifier) {
  const at = specifier.lastIndexOf('@')
  return `${specifier.slice(0, at)} ${specifier.slice(at + 1)}`
}

function readVersion(path) {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')).version
}

function machine() {
  const model = cpus()[0]?.model ?? 'unknown processor'
  return `${cpus().length} × ${model}, ${type()} ${release()}, ${load()} at the start`
}

function load() {
  return `load average ${loadavg()[0].toFixed(2)}`
}
