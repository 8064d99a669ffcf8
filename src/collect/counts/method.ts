import { other } from '../../model/endpoint.ts'

/** The methods in OTel's HTTP conventions. Other methods become `_OTHER`. */
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
