import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { otelLimits } from '../../src/limits/otel.ts'
import { apiKey } from '../../src/otel/api-slot.ts'
import { type SlotAccess, watchUnknownApi } from '../../src/otel/unknown-api.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

/** The slot of OTel's API, and the number of uses that were told. */
function watched(context: TestContext): { readonly slot: SlotAccess; uses: number } {
  const state = { uses: 0, slot: watchUnknownApi(() => (state.uses += 1)) }
  context.after(() => Reflect.deleteProperty(globalThis, apiKey))
  return state
}

/** Reads as OTel's metrics do. */
function getMeterProvider(slot: SlotAccess): unknown {
  return slot.read()
}

function setGlobalMeterProvider(slot: SlotAccess): unknown {
  return slot.read()
}

function plainProperty(): PropertyDescriptor | undefined {
  return Object.getOwnPropertyDescriptor(globalThis, apiKey)
}

describe('The slot of an unknown version of the API', () => {
  test('returns the value that a registration has stored', (context) => {
    const { slot } = watched(context)
    assert.equal(slot.read(), undefined)
    const value = { version: '1.9.1' }
    slot.assign(value)
    assert.equal(slot.read(), value)
    assert.equal(plainProperty(), undefined)
  })

  for (const use of [getMeterProvider, setGlobalMeterProvider]) {
    test(`tells the first use by ${use.name} once, and is a plain property then`, (context) => {
      const state = watched(context)
      const value = {}
      state.slot.assign(value)
      state.slot.read()
      assert.equal(state.uses, 0)
      assert.equal(use(state.slot), value)
      assert.equal(state.uses, 1)
      const property = { value, configurable: true, enumerable: true, writable: true }
      assert.deepEqual(plainProperty(), property)
      use(state.slot)
      assert.equal(state.uses, 1)
    })
  }

  test('watches otelLimits.watchedReads reads, and is a plain property then', (context) => {
    const state = watched(context)
    for (let read = 1; read < otelLimits.watchedReads; read += 1) state.slot.read()
    assert.equal(plainProperty(), undefined)
    state.slot.read()
    assert.equal(plainProperty()?.writable, true)
    getMeterProvider(state.slot)
    assert.equal(state.uses, 0)
  })

  test('tells a use by the last watched read', (context) => {
    const state = watched(context)
    for (let read = 1; read < otelLimits.watchedReads; read += 1) state.slot.read()
    getMeterProvider(state.slot)
    assert.equal(state.uses, 1)
  })

  const failing = (): never => assert.fail()
  for (const [title, stack] of [
    ['null', [null]],
    ['objects without methods', [{}]],
    ['names that are numbers', [{ getFunctionName: () => 5 }]],
    ['functions that throw', [{ getFunctionName: failing }]],
    ['a text', 'at getMeterProvider'],
  ] as const) {
    test(`is no use, and throws nothing, where a replaced Error has ${title}`, (context) => {
      const state = watched(context)
      context.mock.property(globalThis, 'Error', withStack(stack))
      const value = getMeterProvider(state.slot)
      context.mock.restoreAll()
      assert.equal(value, undefined)
      assert.equal(state.uses, 0)
    })
  }
})

/** A class of errors as an application can have it. */
function withStack(stack: unknown): ErrorConstructor {
  class Replaced {
    readonly stack = stack
  }
  return Replaced as unknown as ErrorConstructor
}

/** Acts of an application. OTel's API reads and registers afterwards. */
const acts = [
  { act: 'Object.preventExtensions(globalThis)', uses: 1 },
  { act: 'Object.seal(globalThis)', uses: 1 },
  { act: 'Object.freeze(globalThis)', uses: 1 },
  { act: 'Error.prepareStackTrace = () => Object.create(null)', uses: 1 },
  { act: 'Error.prepareStackTrace = () => { throw 5 }', uses: 1 },
  { act: 'Reflect.defineProperty = () => { throw 5 }', uses: 1 },
  { act: 'Array.prototype[Symbol.iterator] = () => { throw 5 }', uses: 1 },
  { act: 'globalThis.Error = class { stack = Object.create(null) }', uses: 0 },
  { act: 'globalThis.Error = class { constructor() { throw 5 } }', uses: 0 },
]

describe('The slot of an unknown version of the API in a hostile application', () => {
  for (const { act, uses } of acts) {
    test(`keeps registrations, and throws nothing, after ${act}`, async (context) => {
      const path = JSON.stringify(join(import.meta.dirname, '../../src/otel/offered-provider.ts'))
      const text = `
        import { createRequire } from 'node:module'
        import { offerProvider } from ${path}
        const key = Symbol.for('opentelemetry.js.api.1')
        const load = () => createRequire(process.cwd() + '/program.js')
        let uses = 0
        const onUnknown = () => { uses += 1 }
        const unexpected = () => process.exit(1)
        const others = { provider: unexpected, onHidden: unexpected, onFault: unexpected }
        offerProvider({ load, onUnknown, ...others })
        ${act}
        const getMeterProvider = () => globalThis[key]?.metrics
        const none = [getMeterProvider(), getMeterProvider()]
        const provider = {}
        globalThis[key] = Object.assign(globalThis[key] ?? {}, { metrics: provider })
        const isKept = getMeterProvider() === provider
        process.stdout.write(JSON.stringify({ none, isKept, uses }))`
      const args = ['--input-type=module', '--eval', text]
      const cwd = await temporaryDirectory(context)
      const { stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' })
      assert.equal(stderr, '')
      assert.deepEqual(JSON.parse(stdout), { none: [null, null], isKept: true, uses })
    })
  }
})
