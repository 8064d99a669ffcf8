import { isObjectLike } from '../../../../support/guards.ts'

/** The parts of a parsed document. */
interface Definition {
  readonly kind: string
  readonly name?: { readonly value: string }
}

/**
 * The name of the operation that a document executes. Undefined for an operation without a name.
 * @param given the name that the client chose among several operations.
 */
export function operationName(document: unknown, given: unknown): string | undefined {
  if (typeof given === 'string' && given !== '') return given
  const definitions: unknown = isObjectLike(document) && Reflect.get(document, 'definitions')
  if (!Array.isArray(definitions)) return undefined
  const operation: Definition | undefined = definitions.find(isOperation)
  return operation?.name?.value
}

function isOperation({ kind }: Definition): boolean {
  return kind === 'OperationDefinition'
}
