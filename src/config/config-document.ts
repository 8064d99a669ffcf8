import { createRequire } from 'node:module'
import type * as Yaml from 'yaml'

const load = createRequire(import.meta.url)

type YamlProblem = Pick<Yaml.YAMLError, 'code' | 'message' | 'linePos'>

/**
 * Reads a YAML text as maps, lists and texts. A plain `null` or `~` becomes null, and a missing
 * value becomes undefined. The quoted texts "null" and "~" stay texts: they can be passwords.
 * @throws for a syntax error, a tag, an anchor or an alias. The message quotes no possible
 * password.
 */
export function readDocument(text: string): unknown {
  // Most programs have no file, and do not load the package.
  const yaml = load('yaml') as typeof Yaml
  const lines = new yaml.LineCounter()
  const document = yaml.parseDocument(text, {
    schema: 'failsafe',
    uniqueKeys: true,
    lineCounter: lines,
  })
  const [problem] = [...document.errors, ...document.warnings]
  if (problem) throw new Error(messageFor(problem))
  yaml.visit(document, {
    Node(_, node, path) {
      const offset = 'anchor' in node && node.anchor ? placeOf(node, path, yaml) : undefined
      if (offset !== undefined) throw new Error(anchored(lines.linePos(offset).line))
    },
  })
  yaml.visit(document, {
    Pair(_, pair) {
      pair.value = meant(pair.value, yaml)
    },
  })
  // Maps keep every key, `__proto__` too. Without aliases, a small file cannot grow.
  return document.toJS({ mapAsMap: true, maxAliasCount: 0 })
}

/** Codes of messages that quote the file: a quoted part can be a password without YAML quotes. */
const quoting: ReadonlySet<string> = new Set([
  'TAG_RESOLVE_FAILED',
  'UNEXPECTED_TOKEN',
  'BAD_DQ_ESCAPE',
  'BAD_DIRECTIVE',
])

function messageFor({ code, message, linePos }: YamlProblem): string {
  if (!quoting.has(code)) return message
  const place = linePos ? ` at line ${linePos[0].line}, column ${linePos[0].col}` : ''
  return `cannot be read as YAML${place} (${code}); texts with special characters need quotes.`
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
