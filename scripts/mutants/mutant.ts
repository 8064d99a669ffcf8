import { type Program, parseSync, type Span, Visitor } from 'oxc-parser'
import { type Edit, editsOf } from './edits.ts'

/** One change of one file. */
export interface Mutant {
  readonly file: string
  /** From 1. */
  readonly lineNumber: number
  /** The innermost named function or method around the change. Empty outside of any. */
  readonly in: string
  /** The line where the change begins, without its indentation. */
  readonly line: string
  /** The code before and after the change, on one line: `a < b → a <= b`. */
  readonly change: string
  /** The whole file with the change in it. */
  readonly text: string
}

interface Source {
  readonly file: string
  readonly text: string
  /** From the outermost to the innermost. */
  readonly functions: readonly NamedFunction[]
}

interface NamedFunction extends Span {
  readonly name: string
}

const longestShown = 100

/** Returns the mutants of a file in the order of their lines. Throws for a syntax error. */
export function mutantsOf(file: string, text: string): Mutant[] {
  const { program, errors } = parseSync(file, text)
  if (errors.length > 0) throw new Error(`${file} does not parse: ${errors[0]?.message}`)
  const edits: Edit[] = []
  new Visitor(editsOf(text, (edit) => edits.push(edit))).visit(program)
  edits.sort((a, b) => a.start - b.start || a.end - b.end)
  const source = { file, text, functions: functionsOf(program, text) }
  const mutants = new Map<string, Mutant>()
  for (const edit of edits) {
    const mutant = applied(source, edit)
    if (parseSync(file, mutant.text).errors.length === 0) mutants.set(mutant.text, mutant)
  }
  return [...mutants.values()]
}

function functionsOf(program: Program, text: string): NamedFunction[] {
  const functions: NamedFunction[] = []
  new Visitor({
    FunctionDeclaration: ({ id, start, end }) => {
      functions.push({ name: id?.name ?? '', start, end })
    },
    MethodDefinition: ({ key, start, end }) => {
      functions.push({ name: text.slice(key.start, key.end), start, end })
    },
  }).visit(program)
  return functions
}

function applied({ file, text, functions }: Source, { start, end, replacement }: Edit): Mutant {
  const before = text.slice(0, start)
  const lineStart = before.lastIndexOf('\n') + 1
  const lineEnd = text.indexOf('\n', start)
  const around = functions.findLast((named) => named.start <= start && end <= named.end)
  return {
    file,
    lineNumber: before.split('\n').length,
    in: around?.name ?? '',
    line: text.slice(lineStart, lineEnd === -1 ? undefined : lineEnd).trim(),
    change: `${shown(text.slice(start, end))} → ${shown(replacement)}`,
    text: before + replacement + text.slice(end),
  }
}

function shown(code: string): string {
  const oneLine = code.replaceAll(/\s+/g, ' ') || '(nothing)'
  return oneLine.length > longestShown ? `${oneLine.slice(0, longestShown)}…` : oneLine
}
