import { catalog } from '../../model/catalog/catalog.ts'
import { other } from '../../model/endpoint.ts'
import type { Attributes, Descriptor } from '../../model/metric.ts'
import { ownScope } from '../../model/own-scope.ts'

/*
 * Labels with values that a client of the application can choose: methods, paths, and often the
 * names of errors. Each process keeps a bound, but each new worker admits other values.
 */

const names: ReadonlySet<string> = new Set(
  [
    catalog.httpRequestDuration,
    catalog.httpRequestBodySize,
    catalog.httpResponseBodySize,
    catalog.failedRequests,
    catalog.errorHandling,
  ].map(({ name }) => name),
)

export function hasClientLabels({ scope, name }: Descriptor): boolean {
  return scope === ownScope && names.has(name)
}

const endpoints: ReadonlySet<string> = new Set(['endpoint', 'http.route'])
const kept: ReadonlySet<string> = new Set(['url.scheme', 'worker_id'])
const left: ReadonlySet<string> = new Set(['http.response.status_code', 'network.protocol.version'])

/** The attributes without values of clients. */
export function withoutClientLabels(attributes: Attributes, keepsEndpoint: boolean): Attributes {
  const entries = Object.entries(attributes).flatMap(([key, value]) => {
    if (left.has(key)) return []
    if (kept.has(key) || (keepsEndpoint && endpoints.has(key))) return [[key, value] as const]
    return [[key, key === 'status_code' ? '' : other] as const]
  })
  return Object.fromEntries(entries)
}
