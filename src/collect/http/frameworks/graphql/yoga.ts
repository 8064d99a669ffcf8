import { isObjectLike } from '../../../../support/guards.ts'
import { callText } from '../hooks/changed-sources.ts'
import type { Framework, SourceChange } from '../hooks/framework.ts'
import { rawRequest, requestSlots } from '../hooks/request-slot.ts'
import { wrapMethod } from '../hooks/wrap-method.ts'
import { storeErrors } from './errors.ts'
import { currentRequest, storeOperation } from './graphql-requests.ts'
import { operationName } from './operation-name.ts'

/*
 * GraphQL Yoga 5, if `GUNICORN_HTTP_GRAPHQL` is on. The executor knows the operation. The executor
 * also knows the errors of resolvers, before Yoga masks these errors. Errors of parsing and of
 * validation appear when Yoga makes the response.
 */

interface Executed {
  readonly contextValue?: unknown
  readonly document?: unknown
  readonly operationName?: unknown
}

export const yoga: Framework = {
  name: 'yoga',
  modules: [
    {
      file: '@graphql-tools/executor/cjs/execution/execute.js',
      patch: (exports) => {
        if (requestSlots().operations === undefined) return
        for (const name of ['execute', 'subscribe']) {
          wrapMethod(exports, name, { after: (result, [values]) => executed(values, result) })
        }
      },
    },
    {
      file: 'graphql-yoga/cjs/process-request.js',
      patch: (exports) => {
        if (requestSlots().operations === undefined) return
        wrapMethod(exports, 'processResult', {
          before: (_exports, [values]): undefined => {
            if (isObjectLike(values)) responding(Reflect.get(values, 'result'))
          },
        })
      },
    },
  ],
  sources: [
    change('@graphql-tools/executor/esm/execution/execute.js', (source) =>
      ['execute', 'subscribe'].reduce(tellResult, source),
    ),
    change('graphql-yoga/esm/process-request.js', (source) =>
      source.replace(/function processResult\(\{[^}]*\}\) \{/, (head) => {
        return `${head}\n  ${callText('yoga', "'response', result")}`
      }),
    ),
  ],
  onCall: (kind, ...values) => {
    if (requestSlots().operations === undefined) return
    if (kind === 'response') responding(values[0])
    else executed(values[0], values[1])
  },
}

function change(file: string, apply: SourceChange['change']): SourceChange {
  return { package: 'graphql-yoga', file, change: apply }
}

/** Renames the function. A new function with the old name hands over the result. */
function tellResult(source: string, name: string): string {
  const head = `export function ${name}(args) {`
  const call = callText('yoga', "'result', args, result")
  const outer = `${head}\n  const result = ${name}Told(args)\n  ${call}\n  return result\n}`
  return source.replace(head, `${outer}\nfunction ${name}Told(args) {`)
}

function executed(values: unknown, result: unknown): void {
  if (!isObjectLike(values)) return
  const { contextValue, document, operationName: given } = values as Executed
  const inContext: unknown = isObjectLike(contextValue) && Reflect.get(contextValue, 'req')
  const request = rawRequest(inContext) || currentRequest()
  storeOperation(request, operationName(document, given))
  if (result instanceof Promise) {
    // Yoga handles the rejection of the promise itself.
    result.then(
      (value) => storeErrors(request, value),
      () => {},
    )
  } else {
    storeErrors(request, result)
  }
}

/** A batch has several results. */
function responding(result: unknown): void {
  const results: unknown[] = Array.isArray(result) ? result : [result]
  for (const each of results) storeErrors(currentRequest(), each)
}
