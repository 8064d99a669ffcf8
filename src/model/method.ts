import { other } from './endpoint.ts'

/** The methods OTel's HTTP conventions know; anything else is `_OTHER`. */
const known = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'QUERY',
  'TRACE',
])

export function knownMethod(method: string | undefined): string {
  return method !== undefined && known.has(method) ? method : other
}
