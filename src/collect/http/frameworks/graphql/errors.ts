import { frameworkLimits } from '../../../../limits/frameworks.ts'
import { isObjectLike } from '../../../../support/guards.ts'
import { guarded } from '../hooks/guarded.ts'
import { storeError } from '../hooks/request-slot.ts'

/*
 * The error of a GraphQL response. GraphQL wraps the error of a resolver. For an error that GraphQL
 * or the application made, the code says more than the class `GraphQLError`.
 */

interface GraphqlError {
  readonly originalError?: unknown
  readonly extensions?: { readonly code?: unknown }
}

/**
 * Stores the first error of a response, or of Apollo's context of a request. Never throws: Apollo
 * and promises would pass an error to the application.
 */
export function storeErrors(request: unknown, response: unknown): void {
  guarded(() => {
    if (isObjectLike(response)) storeError(request, firstError(Reflect.get(response, 'errors')))
  })
}

/** @param errors the list of a response. @returns undefined if there is no error. */
export function firstError(errors: unknown): unknown {
  if (!Array.isArray(errors)) return undefined
  let error: unknown = errors[0]
  let code: unknown
  for (let count = 0; count < frameworkLimits.errorWrappers && isObjectLike(error); count += 1) {
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
