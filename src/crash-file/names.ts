import { Buffer } from 'node:buffer'
import {
  type CountedSeries,
  type CrashKey,
  crashKeys,
  numbersOf,
} from '../collect/counts/count-places.ts'
import { crashFileLimits } from '../limits/crash-file.ts'
import { attributeKey } from '../model/attribute-key.ts'
import { catalog } from '../model/catalog/catalog.ts'
import type { Declaration } from '../model/catalog/declaration.ts'
import type { Attributes } from '../model/metric.ts'
import { isAscending, isNaturalNumber, isRecord } from '../support/guards.ts'
import { crc32, nameHeadBytes, namesAt, type Slots, seedOf } from './layout.ts'

/** The name of a series in a crash file, with the first of its slots. */
export interface CrashFileName {
  readonly slot: number
  readonly key: CrashKey
  readonly attributes: Attributes
  /** Of a histogram. */
  readonly bounds?: readonly number[]
}

/** The text of a name. */
export function nameText(slot: number, { key, attributes, bounds }: CountedSeries): string {
  return JSON.stringify(bounds ? [slot, key, attributes, bounds] : [slot, key, attributes])
}

/**
 * @param slots as the writer had them.
 * @returns undefined if a name is invalid or repeated, or has other slots than the writer gives.
 */
export function parseNames(texts: Iterable<Uint8Array>, slots: Slots): CrashFileName[] | undefined {
  const names: CrashFileName[] = []
  const seen = new Set<string>()
  for (const text of texts) {
    const name = parseName(text)
    if (!name || slots.take(numbersOf(name)) !== name.slot) return undefined
    const id = `${name.key} ${attributeKey(name.attributes)}`
    if (seen.has(id)) return undefined
    seen.add(id)
    names.push(name)
  }
  return names
}

/** Ends at the first name that is not whole. The slots of later names must not be in use. */
export function* nameTexts(bytes: Uint8Array, seed: number): Iterable<Uint8Array> {
  for (let at = namesAt; at + nameHeadBytes <= bytes.length; ) {
    const [sum, length = 0] = new Uint32Array(bytes.slice(at, at + nameHeadBytes).buffer)
    const text = bytes.subarray(at + nameHeadBytes, at + nameHeadBytes + length)
    if (length === 0 || length > crashFileLimits.crashNameBytes || text.length < length) return
    if (sum !== crc32(text, seedOf(length, seed))) return
    yield text
    at += nameHeadBytes + length
  }
}

function parseName(text: Uint8Array): CrashFileName | undefined {
  const name = parseJson(text)
  if (!Array.isArray(name)) return undefined
  const [slot, key, attributes, bounds]: unknown[] = name
  if (!isKey(key) || !isNaturalNumber(slot)) return undefined
  const declaration = catalog[key]
  if (!hasLabels(declaration, attributes)) return undefined
  if (declaration.kind !== 'histogram') {
    return bounds === undefined ? { slot, key, attributes } : undefined
  }
  return isAscending(bounds) ? { slot, key, attributes, bounds } : undefined
}

function parseJson(text: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(text).toString())
  } catch {
    return undefined
  }
}

function isKey(value: unknown): value is CrashKey {
  return crashKeys.some((key) => key === value)
}

/**
 * Accepts the labels of the catalogue only, because the values go to metrics of this package.
 * Labels of OpenTelemetry's conventions can be absent, and a status is a number.
 */
function hasLabels({ labels, name }: Declaration, value: unknown): value is Attributes {
  if (!isRecord(value)) return false
  const expected = labels.filter((label) => label !== 'worker_id')
  const given = Object.entries(value)
  if (name.startsWith('http.')) {
    return given.every(
      ([label, text]) =>
        expected.includes(label) && (typeof text === 'string' || isNaturalNumber(text)),
    )
  }
  const hasAll = expected.every((label) => typeof value[label] === 'string')
  return hasAll && given.length === expected.length
}
