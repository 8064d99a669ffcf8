import fc from 'fast-check'

/** Numbers at the edges of what a guard accepts. */
export const oddNumbers: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, -0, -1, 1, 0.5, 1e308, -1e308, Number.MAX_VALUE, Number.MIN_VALUE),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, 2 ** 53, 2 ** 31, 2 ** 32, 2 ** 64, 8.64e15, 1e21),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)

/** Escapes of terminals, marks of the writing direction, halves of characters, long texts. */
export const oddTexts: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('', '__proto__', 'constructor', 'toString', 'le', 'worker_id', 'instance'),
  fc.constantFrom('NaN', 'Infinity', '-Infinity', '-0', '1e308', 'null', 'on', '0x10', ' 1 '),
  fc.constantFrom(
    '\u001b[2J\u001b]0;x\u0007',
    '\u202e',
    '\u2028',
    '\0',
    '\r\n',
    '"\\\n',
    '\n# EOF',
  ),
  fc.constantFrom('\ud800', '\udc00', 'a\ud800', '\ufeff', 'é', '%', '%zz', '{}', '[', '../..'),
  fc.constantFrom('x'.repeat(501), 'y'.repeat(9_000)),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ maxLength: 12 }),
)

/** Values as JSON can carry them, with names that mean something to JavaScript. */
export const oddJson: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: oddNumbers },
  { weight: 4, arbitrary: oddTexts },
  { weight: 2, arbitrary: fc.constantFrom(null, true, false, [], {}, [[]], [null], [{}]) },
  { weight: 1, arbitrary: fc.array(oddNumbers, { maxLength: 6 }) },
  { weight: 1, arbitrary: fc.constant(JSON.parse('{"__proto__":{"a":1},"constructor":2}')) },
  { weight: 1, arbitrary: fc.integer({ min: 10, max: 9_000 }).map(nested) },
  { weight: 1, arbitrary: fc.integer({ min: 161, max: 400 }).map((size) => Array(size).fill(1)) },
)

/** Stands for a value that is deeper than the stack of a recursive writer, such as fast-check's. */
function nested(depth: number): string {
  return `\u0001deep ${depth}`
}

const deepText = /"\\u0001deep (\d+)"/g

/** The value as JSON text, with its deep parts. */
export function oddText(value: unknown): string {
  const text = JSON.stringify(value) ?? ''
  return text.replace(deepText, (_, depth: string) => {
    const half = Number(depth)
    return `${'[{"a":'.repeat(half)}1${'}]'.repeat(half)}`
  })
}

/** The value as JSON carries the value, with its deep parts. */
export function oddValue(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(oddText(value))
}
