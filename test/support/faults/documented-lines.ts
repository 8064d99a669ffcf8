import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const docs = join(import.meta.dirname, '../../../docs')
const own = 'gunicorn-prometheus-exporter: '
/** A shorter quotation is the name of a setting or a value. */
const fewestCharacters = 20

/**
 * Lines of stderr that no page of docs/ quotes.
 * @param foreign lines that other programs write.
 */
export function undocumentedLines(stderr: string, foreign?: RegExp): string[] {
  const patterns = quotations()
  return stderr.split('\n').filter((line) => {
    if (line === '' || (!line.startsWith(own) && foreign?.test(line))) return false
    return !line.startsWith(own) || !patterns.some((pattern) => pattern.test(line))
  })
}

let cached: readonly RegExp[] | undefined

/** The quotations in code of all pages; `…` stands for any text. */
function quotations(): readonly RegExp[] {
  cached ??= readdirSync(docs)
    .filter((name) => name.endsWith('.md'))
    .flatMap((name) => {
      const text = readFileSync(join(docs, name), 'utf8')
      return Array.from(text.matchAll(/`([^`\n]+)`/g), ([, code = '']) => code)
    })
    .filter((code) => code.length >= fewestCharacters && code.includes(' '))
    // A sentence with ENOSPC is documented for other errors of the system, too.
    .map((code) => code.replace(/E[A-Z]{3,}(?:: [a-z ]+)?/, '…'))
    .map((code) => new RegExp(code.split('…').map(escaped).join('.*')))
  return cached
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
