import { isObjectLike } from '../../../support/guards.ts'
import type { Framework } from './hooks/framework.ts'
import { rawRequest, storeError } from './hooks/request-slot.ts'
import { wrapMethod } from './hooks/wrap-method.ts'

/*
 * Nest 9 to 11, on Express and on Fastify. The adapter of the platform has the route. Nest catches
 * errors before the platform sees the errors, so this adapter watches the handler of exceptions.
 * Nest also throws a `NotFoundException` for a request without a route.
 */

interface Host {
  readonly getType?: () => unknown
  readonly getArgByIndex: (index: number) => unknown
}

export const nest: Framework = {
  name: 'nest',
  modules: [
    {
      file: '@nestjs/core/exceptions/exceptions-handler.js',
      patch: (exports) => {
        const handler = (exports as { ExceptionsHandler: { prototype: unknown } }).ExceptionsHandler
        wrapMethod(handler.prototype, 'next', {
          before: (_handler, [error, host]): undefined => {
            if (isHttp(host)) storeError(rawRequest(host.getArgByIndex(0)), error)
          },
        })
      },
    },
  ],
}

/** Handlers of GraphQL have another host, and no request as the first argument. */
function isHttp(host: unknown): host is Host {
  return isObjectLike(host) && (host as Host).getType?.() === 'http'
}
