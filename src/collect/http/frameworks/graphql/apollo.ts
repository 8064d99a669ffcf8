import { isObjectLike } from '../../../../support/guards.ts'
import { callText } from '../hooks/changed-sources.ts'
import type { Framework } from '../hooks/framework.ts'
import { requestSlots } from '../hooks/request-slot.ts'
import { wrapMethod } from '../hooks/wrap-method.ts'
import { storeErrors } from './errors.ts'
import { currentRequest, storeOperation } from './graphql-requests.ts'

/*
 * Apollo Server 4 and 5, if `GUNICORN_HTTP_GRAPHQL` is on. Before the first request of a server,
 * the adapter adds a plugin of Apollo. The plugin gets the operation and its errors.
 */

interface Server {
  readonly internals: { readonly plugins: unknown[] }
}

interface Context {
  readonly operationName?: unknown
}

export const apollo: Framework = {
  name: 'apollo',
  modules: [
    {
      file: '@apollo/server/dist/cjs/ApolloServer.js',
      patch: (exports) => {
        if (requestSlots().operations === undefined) return
        const { ApolloServer } = exports as { readonly ApolloServer: { prototype: unknown } }
        wrapMethod(ApolloServer.prototype, 'executeHTTPGraphQLRequest', {
          before: (server): undefined => addPlugin(server),
        })
      },
    },
  ],
  sources: [
    {
      package: '@apollo/server',
      file: '@apollo/server/dist/esm/ApolloServer.js',
      change: (source) =>
        source.replace(/async executeHTTPGraphQLRequest\(\{[^}]*\}\) \{/, (head) => {
          return `${head}\n    ${callText('apollo', 'this')}`
        }),
    },
  ],
  onCall: (server) => addPlugin(server),
}

const known = new WeakSet<object>()

function addPlugin(server: unknown): undefined {
  const isOff = requestSlots().operations === undefined
  if (isOff || !isObjectLike(server) || known.has(server)) return
  known.add(server)
  ;(server as Server).internals.plugins.push(plugin)
}

const plugin = {
  async requestDidStart(): Promise<object | undefined> {
    const request = currentRequest()
    if (request === undefined) return undefined
    return {
      async didResolveOperation({ operationName }: Context): Promise<void> {
        storeOperation(request, operationName)
      },
      async didEncounterErrors(context: Context): Promise<void> {
        storeErrors(request, context)
      },
    }
  },
}
