import { printable, printableJson } from '../../model/text/printable.ts'
import { version } from '../../model/version.ts'
import { type Level, levels } from './catalog/declaration.ts'
import type { Finding } from './catalog/finding.ts'

/** The version of the JSON document. */
const documentVersion = 1

type Summary = Readonly<Record<Level, number>>

export function summaryOf(findings: readonly Finding[]): Summary {
  const count = (level: Level): number => findings.filter((each) => each.level === level).length
  return Object.fromEntries(levels.map((level) => [level, count(level)])) as Record<Level, number>
}

/** The findings for a person: problems first, and a line with the counts at the end. */
export function textReport(findings: readonly Finding[]): string {
  const parts = findings.map(textOf)
  return printable(`${parts.join('\n')}\n\n${summaryLine(summaryOf(findings))}\n`)
}

function textOf({ check, level, lookedAt, found, remedy, page }: Finding): string {
  const head = `${level.padEnd(8)} ${check}: ${lookedAt}`
  if (level === 'ok' || level === 'skipped') return `${head}. ${found}`
  const lines = [head, `  found:  ${found}`]
  if (remedy !== null) lines.push(`  do:     ${remedy}`)
  if (page !== null && level !== 'unknown') lines.push(`  read:   ${page}`)
  return `${lines.join('\n')}\n`
}

function summaryLine({ problem, warning, unknown, note, ok, skipped }: Summary): string {
  const counts = [
    counted(problem, 'problem'),
    counted(warning, 'warning'),
    `${unknown} unknown`,
    counted(note, 'note'),
    `${ok} ok`,
    `${skipped} skipped`,
  ]
  return `${counts.join(', ')}.`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** The findings as one JSON object, for programs. */
export function jsonReport(findings: readonly Finding[]): string {
  const document = {
    version: documentVersion,
    exporterVersion: version,
    summary: summaryOf(findings),
    findings,
  }
  return printableJson(`${JSON.stringify(document, undefined, 2)}\n`)
}
