import { readFileSync } from 'node:fs'

/*
 * The table of benchmarks in README.md: medians of the tables in bench/README.md, which
 * `npm run bench -- --write` measures.
 */

/** A cell of a table in bench/README.md. The first column of a row is its label. */
interface Place {
  readonly title: string
  readonly row: string
  readonly column: number
}

interface SummaryRow {
  readonly label: string
  readonly digits: number
  /** This package, Prometheus's client or a library on it, and OpenTelemetry's instrumentation. */
  readonly places: readonly Place[]
}

const own = '**the preload, everything on**'
const client = '`@prometheus-io/client`, four metrics without a route'
const otel = '`@opentelemetry/instrumentation-http`'
const worker = 'A cluster worker that answers `hello`, Node 24'
const work = 'A cluster worker with real work: JSON, a wait of 1 ms, a template, Node 24'
const express = 'A single process with Express, Node 24'
const fastify = 'A single process with Fastify, Node 24'
const clusterOf8 = '8 workers with 2,000 histogram series each'
const clusterOf16 = '16 workers with 2,000 histogram series each'
const scraped = 'a scrape after all series changed, ms'
const delay = 'added to it by a scrape, ms'

const summaryRows: readonly SummaryRow[] = [
  requestRow('CPU per request of a cluster worker, 1 connection (× bare)', {
    title: worker,
    column: 2,
    rows: [own, client],
  }),
  requestRow('the same, 8 connections', { title: worker, column: 4, rows: [own, client] }),
  requestRow('the same, 32 connections', { title: worker, column: 6, rows: [own, client] }),
  requestRow('the same, with JSON, a template and 1 ms of waiting', {
    title: work,
    column: 2,
    rows: [own, client, otel],
  }),
  requestRow('CPU per request of Express', {
    title: express,
    column: 2,
    rows: [own, '`express-prom-bundle`', otel],
  }),
  requestRow('CPU per request of Fastify', {
    title: fastify,
    column: 2,
    rows: [own, '`fastify-metrics`', otel],
  }),
  scrapeRow('a scrape of 8 workers with 2,000 histograms each, ms', clusterOf8, scraped),
  scrapeRow('a scrape of 16 workers with 2,000 histograms each, ms', clusterOf16, scraped),
  scrapeRow('delay that a scrape of 8 workers adds to the event loop, ms', clusterOf8, delay),
]

interface RequestFigures {
  readonly title: string
  readonly column: number
  readonly rows: readonly string[]
}

function requestRow(label: string, { title, column, rows }: RequestFigures): SummaryRow {
  return { label, digits: 2, places: rows.map((name) => ({ title, row: name, column })) }
}

function scrapeRow(label: string, title: string, name: string): SummaryRow {
  return { label, digits: 1, places: [1, 2].map((column) => ({ title, row: name, column })) }
}

/**
 * @param document bench/README.md
 * @throws if a table lacks a row or a figure.
 */
export function benchmarkSummary(document: string): string {
  const rows = summaryRows.map(({ label, digits, places }) => {
    const cells = Array.from({ length: 3 }, (_, index) => figureAt(document, places[index], digits))
    return `| ${[label, ...cells].join(' | ')} |\n`
  })
  const head = '| | this package | prom-client | OpenTelemetry’s HTTP instrumentation |\n'
  return `${head}|---|---|---|---|\n${rows.join('')}\nMeasured on ${machineOf(document)}.\n`
}

/** Date, Node, processors and load average of the first part. */
function machineOf(document: string): string {
  const [, section = ''] = document.split('<!-- bench:requests -->')
  const found = /^- (\d{4}-[^\n]*(?:\n {2}[^\n]*)*)/m.exec(section)?.[1]
  if (found === undefined) throw new Error('bench/README.md has no machine of the part requests')
  return found.replace(/ at the start$/, '')
}

function figureAt(document: string, place: Place | undefined, digits: number): string {
  if (place === undefined) return ''
  const cell = rowOf(document, place)[place.column] ?? ''
  const figure = Number.parseFloat(cell)
  if (Number.isNaN(figure)) throw new Error(`No figure in ${JSON.stringify(place)}: ${cell}`)
  return figure.toFixed(digits)
}

/** The cells of a row. */
function rowOf(document: string, { title, row: name }: Place): readonly string[] {
  const [, section = ''] = document.split(`### ${title}\n`)
  const [own = ''] = section.split(/^#/m)
  const found = own
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.slice(2, -2).split(' | '))
    .find(([label]) => label === name)
  if (found) return found
  throw new Error(`bench/README.md has no row ${name} under ${title}`)
}

export function currentBenchmarks(): string {
  return readFileSync(new URL('../bench/README.md', import.meta.url), 'utf8')
}
