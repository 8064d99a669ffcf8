/*
 * Express 4 keeps the regular expression of a mount, not the path. The path comes back from the
 * source of the expression, so that no text of a client becomes part of the template.
 */

/** Names of the parameters, in the order of the groups. */
type Names = readonly string[]

interface Alternative {
  readonly regexp: RegExp
  readonly template: string
}

/** Of a mount with an array of paths: one for each path. */
export function alternativesOf({ source, flags }: RegExp, names: Names): readonly Alternative[] {
  const found: Alternative[] = []
  let first = 0
  for (const each of alternativeSources(source)) {
    const template = templateOf(each, names.slice(first)) ?? `/${each}/${flags}`
    found.push({ regexp: new RegExp(each, flags.replaceAll(/[gy]/g, '')), template })
    first += groupsIn(each)
  }
  return found
}

/** The end of an expression that Express 4 makes of a text. */
const textEnd = /\\\/\?\(\?=\\\/\|\$\)$/

function templateOf(source: string, names: Names): string | undefined {
  const isText = source.startsWith('^') && textEnd.test(source)
  return isText ? textOf(source.slice(1).replace(textEnd, ''), names) : undefined
}

/** An escaped character, or a character that may be optional or repeated. */
const literal = /^(?:\\(?<escaped>[^a-zA-Z0-9])|(?<plain>[^\\()[\]{}|^$.*?+]|[?+]))$/

/** Undefined if the source has a part that no text of Express gives. */
function textOf(source: string, names: Names): string | undefined {
  let text = ''
  let group = 0
  for (let at = 0; at < source.length; ) {
    const part = partAt(source, at)
    const next = part.startsWith('(') ? groupText(part, names.slice(group)) : charOf(part)
    if (next === undefined) return undefined
    text += next
    group += groupsIn(part)
    at += part.length
  }
  return text
}

/** A whole group, or one character with its backslash. */
function partAt(source: string, at: number): string {
  if (source[at] === '(') return source.slice(at, groupEnd(source, at))
  return source.slice(at, at + (source[at] === '\\' ? 2 : 1))
}

function charOf(part: string): string | undefined {
  const { escaped, plain } = literal.exec(part)?.groups ?? {}
  return escaped ?? plain
}

function groupText(group: string, names: Names): string | undefined {
  if (group.startsWith('(?:')) return textOf(group.slice(3, -1), names)
  // The wildcard of a text such as `/a/*`.
  if (group === '(.*)') return '*'
  return group.startsWith('(?') || names[0] === undefined ? undefined : `:${names[0]}`
}

/** Splits at each `|` that is in no group. */
function alternativeSources(source: string): string[] {
  const isWrapped = source.startsWith('(?:') && groupEnd(source, 0) === source.length
  const inner = isWrapped ? source.slice(3, -1) : source
  const found: string[] = []
  let start = 0
  for (const { token, at, depth } of tokensOf(inner)) {
    if (token !== '|' || depth > 0) continue
    found.push(inner.slice(start, at))
    start = at + 1
  }
  return [...found, inner.slice(start)]
}

function groupEnd(source: string, start: number): number {
  for (const { token, at, depth } of tokensOf(source.slice(start))) {
    if (token === ')' && depth === 0) return start + at + 1
  }
  return source.length
}

/** Groups that keep their text. */
function groupsIn(source: string): number {
  return [...tokensOf(source)].filter(
    ({ token, at }) => token === '(' && /^\((?!\?)|^\(\?<[^=!]/.test(source.slice(at)),
  ).length
}

interface Token {
  readonly token: string
  readonly at: number
  /** Groups around the token. */
  readonly depth: number
}

/** Parentheses and bars, but for escaped ones and members of a class such as `[^(]`. */
function* tokensOf(source: string): Generator<Token> {
  let depth = 0
  for (const { 0: token, index: at } of source.matchAll(/\\.|\[(?:\\.|[^\]\\])*\]|[()|]/gs)) {
    if (token.length > 1) continue
    if (token === ')') depth -= 1
    yield { token, at, depth }
    if (token === '(') depth += 1
  }
}
