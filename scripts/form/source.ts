import {
  type ArrowFunctionExpression,
  type ExportNamedDeclaration,
  type Function as FunctionLike,
  type ObjectProperty,
  parseSync,
  Visitor,
  type VisitorObject,
} from 'oxc-parser'
import { joinedComments } from './comments.ts'
import { LineStarts } from './line-starts.ts'
import type { Located, TextFile } from './paths.ts'
import { staticText } from './static-text.ts'

/** What the parser finds in one TypeScript file. */
export interface Source {
  readonly path: string
  readonly lines: number
  /** Lines of each function, method and arrow function. */
  readonly functions: readonly number[]
  readonly assertions: Assertions
  /** Names that this file declares and exports. Re-exported names do not count. */
  readonly exportedNames: readonly string[]
  /** Targets of all imports and re-exports, as written. */
  readonly imports: readonly string[]
  readonly comments: readonly Located[]
  /** Values of properties named `help`. */
  readonly helpTexts: readonly Located[]
}

/** Counts of type assertions, without `as const`. */
export interface Assertions {
  /** `value as Type` */
  as: number
  /** `<Type>value` */
  angle: number
  /** `value!` */
  nonNull: number
}

export function readSource({ path, text }: TextFile): Source {
  const { program, comments, errors } = parseSync(path, text)
  if (errors[0]) throw new Error(`${path} does not parse: ${errors[0].message}`)
  const starts = new LineStarts(text)
  const functions: number[] = []
  const assertions: Assertions = { as: 0, angle: 0, nonNull: 0 }
  const imports = new Set<string>()
  const exportedNames = new Set<string>()
  const helpTexts: Located[] = []
  new Visitor({
    ...functionVisitor(starts, functions),
    ...assertionVisitor(text, assertions),
    ...moduleVisitor(imports, exportedNames),
    ...helpVisitor(starts, helpTexts),
  }).visit(program)
  return {
    path,
    lines: lineCount(text),
    functions,
    assertions,
    exportedNames: [...exportedNames],
    imports: [...imports],
    comments: joinedComments(comments, text),
    helpTexts,
  }
}

function lineCount(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') || text === '' ? 1 : 0)
}

function functionVisitor(starts: LineStarts, lengths: number[]): VisitorObject {
  const add = ({ start, end }: FunctionLike | ArrowFunctionExpression): void => {
    lengths.push(starts.lineAt(end - 1) - starts.lineAt(start) + 1)
  }
  return { FunctionDeclaration: add, FunctionExpression: add, ArrowFunctionExpression: add }
}

function assertionVisitor(text: string, counts: Assertions): VisitorObject {
  return {
    TSAsExpression: ({ typeAnnotation: { start, end } }) => {
      if (text.slice(start, end) !== 'const') counts.as += 1
    },
    TSTypeAssertion: ({ typeAnnotation: { start, end } }) => {
      if (text.slice(start, end) !== 'const') counts.angle += 1
    },
    TSNonNullExpression: () => {
      counts.nonNull += 1
    },
  }
}

function moduleVisitor(imports: Set<string>, exportedNames: Set<string>): VisitorObject {
  const imported = new Set<string>()
  return {
    ImportDeclaration: ({ source, specifiers }) => {
      imports.add(source.value)
      for (const { local } of specifiers) imported.add(local.name)
    },
    ImportExpression: ({ source }) => {
      const target = staticText(source)
      if (target !== undefined) imports.add(target)
    },
    TSImportType: ({ source }) => {
      imports.add(source.value)
    },
    ExportAllDeclaration: ({ source }) => {
      imports.add(source.value)
    },
    ExportNamedDeclaration: (node) => {
      if (node.source) imports.add(node.source.value)
      else for (const name of ownNames(node, imported)) exportedNames.add(name)
    },
  }
}

function ownNames(
  { declaration, specifiers }: ExportNamedDeclaration,
  imported: ReadonlySet<string>,
): string[] {
  const declared = declaration ? namesOf(declaration) : []
  const listed = specifiers.flatMap(({ local, exported }) =>
    'name' in local && 'name' in exported && !imported.has(local.name) ? [exported.name] : [],
  )
  return [...declared, ...listed]
}

function namesOf(declaration: NonNullable<ExportNamedDeclaration['declaration']>): string[] {
  if (declaration.type === 'VariableDeclaration') {
    return declaration.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []))
  }
  return declaration.id && 'name' in declaration.id ? [declaration.id.name] : []
}

function helpVisitor(starts: LineStarts, texts: Located[]): VisitorObject {
  return {
    Property: (node) => {
      if (!('key' in node)) return
      const text = isNamed(node, 'help') ? staticText(node.value) : undefined
      if (text !== undefined) texts.push({ line: starts.lineAt(node.start), text })
    },
  }
}

function isNamed({ key }: { readonly key: ObjectProperty['key'] }, name: string): boolean {
  return key.type === 'Identifier' && key.name === name
}
