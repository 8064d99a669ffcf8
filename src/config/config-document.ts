import { createRequire } from 'node:module'
import type * as Yaml from 'yaml'

const load = createRequire(import.meta.url)

type YamlProblem = Pick<Yaml.YAMLError, 'code' | 'message' | 'linePos'>

/**
 * A YAML text as maps, lists and texts. Of a key's value, null is one that says so without quotes, and undefined one of
 * which nothing is written: neither is the text "null" or "~", which somebody's password may be.
 * @throws what cannot be read, or is refused: tags, anchors, aliases; without quoting what may be a password.
 */
export function readDocument(text: string): unknown {
  // Loaded where there is a file: most programs have none.
  const yaml = load('yaml') as typeof Yaml
  const lines = new yaml.LineCounter()
  const document = yaml.parseDocument(text, {
    schema: 'failsafe',
    uniqueKeys: true,
    lineCounter: lines,
  })
  const [problem] = [...document.errors, ...document.warnings]
  if (problem) throw new Error(told(problem))
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
  // Maps, not objects: a key is a key, `__proto__` too. Aliases cost more than anybody needs them for.
  return document.toJS({ mapAsMap: true, maxAliasCount: 0 })
}

/** Codes of messages that quote the file: what is quoted may be a password, of which nobody knew that it needs quotes. */
const quoting: ReadonlySet<string> = new Set([
  'TAG_RESOLVE_FAILED',
  'UNEXPECTED_TOKEN',
  'BAD_DQ_ESCAPE',
  'BAD_DIRECTIVE',
])

function told({ code, message, linePos }: YamlProblem): string {
  if (!quoting.has(code)) return message
  const place = linePos ? ` at line ${linePos[0].line}, column ${linePos[0].col}` : ''
  return `cannot be read as YAML${place} (${code}); texts with special characters need quotes.`
}

/** An anchor on nothing would be a password that nobody is asked for. */
function anchored(line: number): string {
  return `line ${line} has an anchor (&), which is refused like aliases; a text that begins with & needs quotes.`
}

/** Of its key, if it has one: the value may begin further below. */
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
