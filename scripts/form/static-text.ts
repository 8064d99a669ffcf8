import type { Node } from 'oxc-parser'

/** Text of a string literal, a template or a sum of both. `X` stands for each embedded value. */
export function staticText(node: Node): string | undefined {
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'string' ? node.value : undefined
    case 'TemplateLiteral':
      return node.quasis.map(({ value }) => value.cooked ?? '').join('X')
    case 'BinaryExpression': {
      if (node.operator !== '+') return undefined
      const [left, right] = [staticText(node.left), staticText(node.right)]
      return left === undefined || right === undefined ? undefined : left + right
    }
    default:
      return undefined
  }
}
