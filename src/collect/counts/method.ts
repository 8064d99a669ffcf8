import { other } from '../../model/endpoint.ts'

/** The methods in OTel's HTTP conventions. Other methods become `_OTHER`. */
const methods: readonly string[] = [
  other,
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
]
const numbers: ReadonlyMap<string, number> = new Map(methods.map((name, number) => [name, number]))

/** How many numbers `methodNumber` gives: 0 to `methodCount - 1`. */
export const methodCount: number = methods.length

const getNumber = methods.indexOf('GET')

export const optionsNumber: number = methods.indexOf('OPTIONS')

/** A small number for a method; 0 for an unknown method. */
export function methodNumber(method: string | undefined): number {
  if (method === 'GET') return getNumber
  return method === undefined ? 0 : (numbers.get(method) ?? 0)
}

export function methodName(number: number): string {
  return methods[number] ?? other
}

export function knownMethod(method: string | undefined): string {
  return methodName(methodNumber(method))
}
