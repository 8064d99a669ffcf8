import { fieldsOf, type ProtobufField } from '../../../src/push/answers/protobuf-fields.ts'
import type { PushedPoint } from './otlp-file.ts'

/** The points of a request of OTLP in protobuf. */
export function pointsInProtobuf(request: Uint8Array): PushedPoint[] {
  return messages(fieldsOf(request), 1).flatMap((resourceMetrics) =>
    messages(resourceMetrics, 2).flatMap((scopeMetrics) => {
      const [scope = []] = messages(scopeMetrics, 1)
      const version = text(scope, 2)
      const name = version === '' ? text(scope, 1) : `${text(scope, 1)}@${version}`
      return messages(scopeMetrics, 2).flatMap((metric) => pointsOf(name, metric))
    }),
  )
}

type Fields = readonly ProtobufField[]

/** Field numbers of `Metric`, and of the attributes and the value in its points. */
const kinds = [
  { kind: 'gauge', data: 5, attributes: 7, double: 4, int: 6 },
  { kind: 'sum', data: 7, attributes: 7, double: 4, int: 6 },
  { kind: 'histogram', data: 9, attributes: 9, double: 0, int: 4 },
  { kind: 'histogram', data: 10, attributes: 1, double: 0, int: 4 },
] as const

const temporalities = [undefined, 'delta', 'cumulative'] as const

function pointsOf(scope: string, metric: Fields): PushedPoint[] {
  return kinds.flatMap(({ kind, data, attributes, double, int }) =>
    messages(metric, data).flatMap((fields) =>
      messages(fields, 1).map((point) => ({
        scope,
        name: text(metric, 1),
        unit: text(metric, 3),
        kind,
        temporality: temporalities[Number(last(fields, 2) ?? 0)],
        attributes: Object.fromEntries(
          messages(point, attributes).map((pair) => {
            const [value = []] = messages(pair, 2)
            return [text(pair, 1), text(value, 1)]
          }),
        ),
        value: view(point, double)?.getFloat64(0, true) ?? Number(integer(point, int)),
        start: integer(point, 2),
        time: integer(point, 3),
      })),
    ),
  )
}

function last(fields: Fields, number: number): ProtobufField['value'] | undefined {
  return fields.findLast((field) => field.number === number)?.value
}

function messages(fields: Fields, number: number): Fields[] {
  return fields.flatMap((field) =>
    field.number === number && field.value instanceof Uint8Array ? [fieldsOf(field.value)] : [],
  )
}

function text(fields: Fields, number: number): string {
  const value = last(fields, number)
  return value instanceof Uint8Array ? Buffer.from(value).toString() : ''
}

function view(fields: Fields, number: number): DataView | undefined {
  const value = last(fields, number)
  if (!(value instanceof Uint8Array)) return undefined
  return new DataView(value.buffer, value.byteOffset, value.byteLength)
}

function integer(fields: Fields, number: number): bigint {
  return view(fields, number)?.getBigInt64(0, true) ?? 0n
}
