import { isObjectLike } from '../../../../support/guards.ts'

/*
 * The error of a GraphQL response. GraphQL wraps the error of a resolver, and the code of an error
 * that GraphQL or the application made says more than the class `GraphQLError`.
 */

/** Errors inside each other that are unwrapped. */
const mostWrappers = 5

interface GraphqlError {
  readonly originalError?: unknown
  readonly extensions?: { readonly code?: unknown }
}

/** @param errors the list of a response. @returns undefined if there is no error. */
export function firstError(errors: unknown): unknown {
  if (!Array.isArray(errors)) return undefined
  let error: unknown = errors[0]
  let code: unknown
  for (let count = 0; count < mostWrappers && isObjectLike(error); count += 1) {
    const { extensions, originalError } = error as GraphqlError
    code = extensions?.code ?? code
    if (!isObjectLike(originalError)) break
    error = originalError
  }
  if (typeof code !== 'string' || !isGraphqlError(error)) return error
  return Object.assign(new Error(code), { name: code })
}

function isGraphqlError(error: unknown): boolean {
  return isObjectLike(error) && Reflect.get(error, 'name') === 'GraphQLError'
}
