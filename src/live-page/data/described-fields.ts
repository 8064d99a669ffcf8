import { livePageLimits } from '../../limits/tools/live-page.ts'
import { unknownText } from '../../model/text/quantity.ts'

/** A name and a value for a person. */
export type Field = readonly [name: string, text: string]

/** The fields of a part of the document whose form the page does not know, nested ones included. */
export function describedFields(record: Readonly<Record<string, unknown>>): readonly Field[] {
  return fieldsOf(record, '', 0).slice(0, livePageLimits.fields)
}

const deepest = 4

function fieldsOf(record: object, prefix: string, depth: number): Field[] {
  return Object.entries(record).flatMap(([key, value]): Field[] => {
    const name = prefix === '' ? wordsOf(key) : `${prefix}, ${lowerWords(key)}`
    if (typeof value !== 'object' || value === null) return [[name, textOf(value)]]
    if (depth >= deepest) return [[name, '…']]
    const nested = fieldsOf(value, name, depth + 1)
    return nested.length === 0 ? [[name, 'none']] : nested
  })
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return unknownText
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number' && Number.isInteger(value)) return value.toLocaleString('en')
  if (typeof value === 'number') return value.toPrecision(3)
  return String(value)
}

/** `lastSuccessAt` as `Last success at`. Names with other characters stay. */
function wordsOf(key: string): string {
  const words = lowerWords(key)
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function lowerWords(key: string): string {
  if (!/^[a-z][a-zA-Z_]*$/.test(key)) return key
  return key.replace(/_|[A-Z]/g, (each) => (each === '_' ? ' ' : ` ${each.toLowerCase()}`))
}
