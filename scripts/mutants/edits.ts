import type { Expression, Span, Statement, VisitorObject } from 'oxc-parser'
import { otherMethods, otherOperators, removableMethods } from './alternatives.ts'

/** Replaces a part of a file's text. Positions count UTF-16 units. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly replacement: string
}

interface Context {
  readonly text: string
  readonly add: (edit: Edit) => void
  /** Nodes that need no edit of their own: an edit of their parent does the same or more. */
  readonly covered: Set<unknown>
}

/**
 * Returns a visitor that passes every edit to `add`. The visitor omits edits that are easier to
 * notice than another edit of the same code. Example: `a && b` becomes `a` and `b`, but not
 * `a || b`, because each test that notices the first two notices the third. The visitor changes no
 * strings: TypeScript checks names, and messages are free to change.
 */
export function editsOf(text: string, add: (edit: Edit) => void): VisitorObject {
  const context: Context = { text, add, covered: new Set() }
  return {
    ...conditionEdits(context),
    ...operatorEdits(context),
    ...statementEdits(context),
    ...literalEdits(context),
    ...callEdits(context),
  }
}

function conditionEdits({ add, covered }: Context): VisitorObject {
  const flip = (test: Expression | null, values: readonly string[]): void => {
    if (!test || test.type === 'Literal') return
    covered.add(test)
    for (const value of values) add(replaced(test, value))
  }
  return {
    IfStatement: ({ test, consequent, alternate }) => {
      flip(test, ['true', 'false'])
      // `if (false)` removes the only statement.
      if (!alternate) covered.add(onlyStatement(consequent))
    },
    ConditionalExpression: ({ test }) => flip(test, ['true', 'false']),
    // `while (true)` runs into the time limit, and every test notices a hang.
    WhileStatement: ({ test }) => flip(test, ['false']),
    DoWhileStatement: ({ test }) => flip(test, ['false']),
    ForStatement: ({ test }) => flip(test, ['false']),
  }
}

function onlyStatement(node: Statement): Statement | undefined {
  if (node.type !== 'BlockStatement') return node
  return node.body.length === 1 ? node.body[0] : undefined
}

function operatorEdits(context: Context): VisitorObject {
  const { text, add, covered } = context
  const code = ({ start, end }: Span): string => text.slice(start, end)
  return {
    BinaryExpression: (node) => {
      if (!isText(node.left) && !isText(node.right)) exchangeOperator(node, context)
    },
    AssignmentExpression: (node) => exchangeOperator(node, context),
    LogicalExpression: (node) => {
      add(replaced(node, code(node.left)))
      add(replaced(node, code(node.right)))
    },
    UnaryExpression: (node) => {
      if (covered.has(node)) return
      if (node.operator === '!' || node.operator === '-') add(replaced(node, code(node.argument)))
    },
    UpdateExpression: (node) => {
      const operator = node.operator === '++' ? '--' : '++'
      add(replaced(node, code(node).replace(node.operator, operator)))
    },
  }
}

interface Operation extends Span {
  readonly operator: string
  readonly left: Span
  readonly right: Span
}

function exchangeOperator(node: Operation, { text, add, covered }: Context): void {
  const { start, end, operator, left, right } = node
  for (const other of otherOperators.get(operator) ?? []) {
    // The two constants that replace a condition are harder to notice than its opposite.
    if (covered.has(node) && isOpposite(operator, other)) continue
    const between = text.slice(left.end, right.start).replace(operator, other)
    add(replaced(node, text.slice(start, left.end) + between + text.slice(right.start, end)))
  }
}

function isOpposite(operator: string, other: string): boolean {
  return /^[<>!=]=*$/.test(operator) && operator[0] !== other[0]
}

function statementEdits({ text, add, covered }: Context): VisitorObject {
  const remove = (node: Span): void => {
    if (!covered.has(node)) add(replaced(node, ';'))
  }
  return {
    ExpressionStatement: (node) => {
      const isSuper = text.startsWith('super(', node.start)
      if (!node.directive && !isSuper) remove(node)
    },
    ThrowStatement: remove,
    BreakStatement: remove,
    ContinueStatement: remove,
    ReturnStatement: ({ argument }) => {
      if (argument && !isConstant(argument)) add(replaced(argument, 'undefined'))
    },
    ArrowFunctionExpression: ({ body }) => {
      if (body.type !== 'BlockStatement' && !isConstant(body)) add(replaced(body, 'undefined'))
    },
  }
}

function literalEdits({ add, covered }: Context): VisitorObject {
  return {
    TSLiteralType: ({ literal }) => {
      covered.add(literal)
      if (literal.type === 'UnaryExpression') covered.add(literal.argument)
    },
    Property: ({ key, computed }) => {
      if (!computed) covered.add(key)
    },
    Literal: (node) => {
      if (covered.has(node)) return
      for (const value of otherValues(node.value)) add(replaced(node, value))
    },
  }
}

function otherValues(value: unknown): string[] {
  if (typeof value === 'boolean') return [String(!value)]
  if (typeof value === 'bigint') return [`${value + 1n}n`]
  if (typeof value !== 'number') return []
  return value >= 1 ? [String(value + 1), String(value - 1)] : [String(value + 1)]
}

function callEdits({ text, add }: Context): VisitorObject {
  const insist = ({ end }: Span, replacement: string): void => {
    const start = text.indexOf('?.', end)
    add({ start, end: start + '?.'.length, replacement })
  }
  return {
    CallExpression: (node) => {
      const { callee } = node
      if (node.optional) insist(callee, '')
      if (callee.type !== 'MemberExpression' || callee.computed) return
      const { object, property } = callee
      const other = otherMethods.get(property.name)
      if (other) add(replaced(property, other))
      if (removableMethods.has(property.name)) {
        add(replaced(node, text.slice(object.start, object.end)))
      }
    },
    MemberExpression: ({ object, optional, computed }) => {
      if (optional) insist(object, computed ? '' : '.')
    },
  }
}

function replaced({ start, end }: Span, replacement: string): Edit {
  return { start, end, replacement }
}

function isText(node: { readonly type: string; readonly value?: unknown }): boolean {
  return node.type === 'TemplateLiteral' || typeof node.value === 'string'
}

function isConstant(node: Expression): boolean {
  return node.type === 'Literal' || (node.type === 'Identifier' && node.name === 'undefined')
}
