import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseAttributes } from '../../../../src/config/table/resource-attributes.ts'
import { redacted } from '../../../../src/log/redact.ts'
import { parseActivation } from '../../../../src/master/sockets/activation.ts'
import { InheritedSockets } from '../../../../src/master/sockets/inherited-sockets.ts'
import { keyOf, nameOf, pathOf } from '../../../../src/master/sockets/socket-key.ts'
import { parsePathPattern, parsePathRule } from '../../../../src/model/route/path-pattern.ts'
import { decodedText } from '../../../../src/model/text/decoded-text.ts'
import {
  encodeStoredState,
  parseStoredState,
} from '../../../../src/share/hand-over/stored-state.ts'
import { parseProcessStat } from '../../../../src/support/process/process-stat.ts'
import { sourceState } from '../../redis/source-state.ts'
import { type FuzzTarget, fuzzTarget } from '../fuzz-target.ts'
import { oddTexts } from '../odd-values.ts'

interface Input {
  readonly reader: number
  readonly changes: readonly Change[]
}

interface Change {
  readonly at: number
  readonly length: number
  readonly text: string
}

/** A function that reads a text of the system, of the environment or of a file. */
interface Reader {
  readonly sample: string
  readonly read: (text: string) => unknown
}

const writer = { pid: 1, startTicks: '5', pidNamespace: 'x pid:[1]' }
const stored = encodeStoredState({
  writer,
  state: { ...sourceState({ metrics: [], retained: [] }), isReady: true } as never,
}).toString('latin1')

const readers: readonly Reader[] = [
  {
    sample: '12 (a) b) S 1 12 12 0 -1 4194560 9 0 0 0 3 4 0 0 20 0 7 0 5123 6 7 8',
    read: parseProcessStat,
  },
  {
    sample: '[{"key":"127.0.0.1:80:4:undefined","origin":"activation"}]',
    read: (text) => new InheritedSockets(text).take('x'),
  },
  { sample: '2', read: (text) => parseActivation({ LISTEN_FDS: text, LISTEN_PID: '1' }, 1) },
  { sample: 'a:b', read: (text) => parseActivation({ LISTEN_FDS: '1', LISTEN_FDNAMES: text }, 1) },
  {
    sample: '127.0.0.1:8080:4:undefined:0',
    read: (text) => [keyOf(text), pathOf(text), nameOf(text)],
  },
  { sample: '/users/*/orders', read: parsePathPattern },
  { sample: '/users/*=/users/:id', read: parsePathRule },
  { sample: 'service.name=shop,a=%20b', read: parseAttributes },
  { sample: 'redis://user:secret@host:1/0?x=1', read: redacted },
  { sample: 'a%20b', read: decodedText },
  { sample: stored, read: (text) => parseStoredState(Buffer.from(text, 'latin1')) },
]

const inputs: fc.Arbitrary<Input> = fc.record<Input>({
  reader: fc.nat({ max: readers.length - 1 }),
  changes: fc.array(
    fc.record<Change>({
      at: fc.nat({ max: 300 }),
      length: fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 200 })),
      text: fc.oneof(oddTexts, fc.constantFrom(':', '=', ',', '*', '/', '%', '(', ')', '[', '{')),
    }),
    { maxLength: 5 },
  ),
})

/** Texts of the kernel, of the environment and of small files. */
export const textsTarget: FuzzTarget = fuzzTarget({
  name: 'texts',
  claim: 'each reader of a text of the system or of the environment returns, and never throws',
  quickCases: 5_000,
  inputs,
  start: () => ({ check }),
})

function check({ reader, changes }: Input): void {
  const { sample, read } = readers[reader] ?? assert.fail()
  let text = sample
  for (const { at, length, text: piece } of changes) {
    const from = at % (text.length + 1)
    text = text.slice(0, from) + piece + text.slice(from + length)
  }
  read(text)
}
