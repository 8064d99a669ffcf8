/** A field of a protobuf message: an integer, or the bytes of a text or a message. */
export interface ProtobufField {
  readonly number: number
  readonly value: number | Uint8Array
}

/**
 * Reads the fields of a message. Fields of 4 and 8 bytes are bytes.
 * @throws RangeError for bytes that are no message.
 */
export function fieldsOf(message: Uint8Array): ProtobufField[] {
  const fields: ProtobufField[] = []
  for (let at = 0; at < message.length; ) {
    const tag = readVarint(message, at)
    const field = readValue(message, tag.end, tag.value % 8)
    fields.push({ number: Math.floor(tag.value / 8), value: field.value })
    at = field.end
  }
  return fields
}

interface Read<T> {
  readonly value: T
  readonly end: number
}

const fixedSizes: Readonly<Record<number, number>> = { 1: 8, 5: 4 }

function readValue(message: Uint8Array, at: number, wireType: number): Read<number | Uint8Array> {
  if (wireType === 0) return readVarint(message, at)
  const size = wireType === 2 ? readVarint(message, at) : { value: fixedSizes[wireType], end: at }
  if (size.value === undefined) throw new RangeError(`the wire type is ${wireType}`)
  const end = size.end + size.value
  if (end > message.length) throw new RangeError(`a field ends at byte ${end}`)
  return { value: message.subarray(size.end, end), end }
}

/** Values above 2^53 are inexact. */
function readVarint(message: Uint8Array, at: number): Read<number> {
  let value = 0
  for (let index = 0; index < 10; index += 1) {
    const byte = message[at + index]
    if (byte === undefined) throw new RangeError('the message ends within an integer')
    value += (byte % 128) * 2 ** (7 * index)
    if (byte < 128) return { value, end: at + index + 1 }
  }
  throw new RangeError('an integer has more than 10 bytes')
}
