import type * as Yaml from 'yaml'
import { loadPackage, ownPlace } from '../files/load-package.ts'
import { configLimits } from '../limits/config.ts'
import { messageOf } from '../support/error-message.ts'

type YamlProblem = Pick<Yaml.YAMLError, 'code' | 'message' | 'linePos'>

/** A YAML text as maps, lists and texts, or everything that is wrong with the text. */
export type DocumentReading =
  | { readonly kind: 'document'; readonly root: unknown }
  /** Sentences, none of which quotes a possible password. */
  | { readonly kind: 'faults'; readonly faults: readonly string[] }

/**
 * Reads a YAML text. A plain `null` or `~` becomes null, and a missing value becomes undefined. The
 * quoted texts "null" and "~" stay texts: they can be passwords. Syntax errors, tags, anchors and
 * aliases are faults.
 * @throws for a missing or broken package `yaml`. Most programs have no file, and do not load the
 * package.
 */
export function readDocument(text: string): DocumentReading {
  const yaml = loadPackage('yaml', [ownPlace]) as typeof Yaml
  try {
    return parsed(text, yaml)
  } catch (error) {
    return { kind: 'faults', faults: [firstLine(messageOf(error))] }
  }
}

function parsed(text: string, yaml: typeof Yaml): DocumentReading {
  const lines = new yaml.LineCounter()
  const document = yaml.parseDocument(text, {
    schema: 'failsafe',
    // The package compares each key with all others: 100,000 keys would take minutes.
    uniqueKeys: false,
    lineCounter: lines,
  })
  const problems = [...document.errors, ...document.warnings]
  const faults = problems.length > 0 ? problems.map(messageFor) : nodeFaults(document, lines, yaml)
  if (faults.length > 0) return { kind: 'faults', faults: firstOf(faults) }
  yaml.visit(document, {
    Pair(_, pair) {
      pair.value = meant(pair.value, yaml)
    },
  })
  // Maps keep every key, `__proto__` too. Without aliases, a small file cannot grow.
  return { kind: 'document', root: document.toJS({ mapAsMap: true, maxAliasCount: 0 }) }
}

/** One broken line can cause many errors. */
function firstOf(faults: readonly string[]): string[] {
  const { syntaxErrors } = configLimits
  const more = faults.length - syntaxErrors
  const shown = faults.slice(0, syntaxErrors)
  return more > 0 ? [...shown, `${more} more errors.`] : shown
}

/** Anchors, and keys that a map has twice. */
function nodeFaults(document: Yaml.Document, lines: Yaml.LineCounter, yaml: typeof Yaml): string[] {
  const faults: string[] = []
  yaml.visit(document, {
    Node(_, node, path) {
      const offset = 'anchor' in node && node.anchor ? placeOf(node, path, yaml) : undefined
      if (offset !== undefined) faults.push(anchored(lines.linePos(offset).line))
      if (!yaml.isMap(node)) return
      for (const key of repeatedKeys(node, yaml)) {
        const { line, col } = lines.linePos(key.range?.[0] ?? 0)
        faults.push(`Map keys must be unique at line ${line}, column ${col}`)
      }
    },
  })
  return faults
}

function repeatedKeys({ items }: Yaml.YAMLMap, { isScalar }: typeof Yaml): Yaml.Scalar[] {
  const known = new Set<unknown>()
  return items.flatMap(({ key }) => {
    if (!isScalar(key)) return []
    const isRepeated = known.has(key.value)
    known.add(key.value)
    return isRepeated ? [key] : []
  })
}

/** Codes of messages that quote the file: a quoted part can be a password without YAML quotes. */
const quoting: ReadonlySet<string> = new Set([
  'TAG_RESOLVE_FAILED',
  'UNEXPECTED_TOKEN',
  'BAD_DQ_ESCAPE',
  'BAD_DIRECTIVE',
])

function messageFor({ code, message, linePos }: YamlProblem): string {
  if (!quoting.has(code)) return firstLine(message)
  const place = linePos ? ` at line ${linePos[0].line}, column ${linePos[0].col}` : ''
  return `cannot be read as YAML${place} (${code}); texts with special characters need quotes.`
}

/** Without the quoted lines of the file below the message. */
function firstLine(message: string): string {
  return message.split(/:?\n/)[0] ?? ''
}

/** A password that begins with & would read as an anchor of an empty value. */
function anchored(line: number): string {
  const advice = 'a text that begins with & needs quotes'
  return `line ${line} has an anchor (&), which is refused like aliases; ${advice}.`
}

/** The offset of the node's key, or of the node: a value can begin on a later line. */
function placeOf(node: Yaml.Node, path: readonly unknown[], yaml: typeof Yaml): number {
  const pair = path.at(-1)
  const key = yaml.isPair(pair) && yaml.isNode(pair.key) ? pair.key : node
  return key.range?.[0] ?? 0
}

function meant(value: unknown, { isScalar, Scalar }: typeof Yaml): unknown {
  if (value === null) return new Scalar(undefined)
  if (!isScalar(value) || value.type !== 'PLAIN') return value
  if (value.value === '') return new Scalar(undefined)
  return value.value === '~' || value.value === 'null' ? new Scalar(null) : value
}
