import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, test } from 'node:test'
import { keepListener } from '../../../src/support/listeners/kept-listener.ts'
import {
  addUncounted,
  beforeListener,
  replaceLate,
} from '../../../src/support/listeners/uncounted-listener.ts'

const source = import.meta.resolve('../../../src/support/listeners/uncounted-listener.ts')

describe('The limit of listeners', () => {
  for (const limit of [undefined, 1, 3]) {
    test(`is the same with a kept listener (${limit ?? 'default'})`, async () => {
      const plain = await warnings((emitter) => fill(emitter, limit))
      assert.ok(plain.length > 0)
      const before = await warnings((emitter) => {
        keepListener(emitter, 'one', () => {})
        keepListener(emitter, 'one', () => {})
        fill(emitter, limit)
      })
      assert.deepEqual(before, plain)
      const after = await warnings((emitter) => {
        fill(emitter, limit, 0)
        keepListener(emitter, 'one', () => {})
        fill(emitter, limit)
      })
      assert.deepEqual(after, plain)
    })
  }

  for (const more of [0, 1]) {
    const title = more === 0 ? 'stays silent at' : 'warns once above'
    test(`${title} the limit with more own listeners than the limit`, async () => {
      const events = await warnings((emitter) => {
        emitter.setMaxListeners(2)
        keepSome(emitter, 5)
        addFillers(emitter, 'one', 2 + more)
        keepSome(emitter, 3)
      })
      assert.deepEqual(events, Array(more).fill('one'))
    })
  }

  test('is separate for each event', async () => {
    const events = await warnings((emitter) => {
      emitter.setMaxListeners(2)
      keepSome(emitter, 5)
      addFillers(emitter, 'two', 3)
    })
    assert.deepEqual(events, ['two'])
  })

  test('stays the limit of the application where an event has too many listeners', () => {
    const emitter = new EventEmitter().setMaxListeners(1)
    for (const event of ['one', 'one', 'two']) emitter.on(event, filler)
    keepListener(emitter, 'two', () => {})
    assert.equal(emitter.getMaxListeners(), 1)
    assert.equal(Reflect.get(emitter, '_maxListeners'), 2)
  })

  test('is read from the field that Node and other packages use', () => {
    const emitter = new EventEmitter().setMaxListeners(4)
    keepListener(emitter, 'one', () => {})
    assert.equal(Reflect.get(emitter, '_maxListeners'), 4)
    Reflect.set(emitter, '_maxListeners', 6)
    assert.equal(emitter.getMaxListeners(), 6)
    const plain = new EventEmitter()
    keepListener(plain, 'one', () => {})
    assert.equal(Reflect.get(plain, '_maxListeners'), undefined)
  })

  test('survives lists of listeners that cannot be read', () => {
    const emitter = new EventEmitter().setMaxListeners(4)
    keepListener(emitter, 'one', () => {})
    const broken = { get: (): never => assert.fail(), enumerable: true }
    Object.defineProperty(Reflect.get(emitter, '_events'), 'two', broken)
    assert.equal(Reflect.get(emitter, '_maxListeners'), 4)
  })

  test('is held by one copy of this package alone', async () => {
    const copy = await import(`${source}?second`)
    const emitter = new EventEmitter()
    keepListener(emitter, 'one', () => {})
    const field = Object.getOwnPropertyDescriptor(emitter, '_maxListeners')
    copy.addUncounted(
      emitter,
      () => {},
      () => {},
    )
    assert.deepEqual(Object.getOwnPropertyDescriptor(emitter, '_maxListeners'), field)
  })

  for (const limit of [undefined, 1, 3]) {
    test(`is the same with a field that is replaced late (${limit ?? 'default'})`, async () => {
      const plain = await warnings((emitter) => fill(emitter, limit))
      const before = await warnings((emitter) => {
        keepLate(emitter)
        fill(emitter, limit)
      })
      assert.deepEqual(before, plain)
      const after = await warnings((emitter) => {
        fill(emitter, limit, 0)
        keepLate(emitter)
        fill(emitter, limit)
      })
      assert.deepEqual(after, plain)
    })
  }

  test('leaves the field in place until a list of listeners is full', () => {
    const emitter = new EventEmitter().setMaxListeners(3)
    const isReplaced = (): boolean =>
      Object.getOwnPropertyDescriptor(emitter, '_maxListeners')?.get !== undefined
    keepLate(emitter)
    addFillers(emitter, 'one', 2)
    assert.equal(isReplaced(), false)
    addFillers(emitter, 'one', 1)
    assert.equal(isReplaced(), true)
    assert.equal(emitter.getMaxListeners(), 3)
  })

  test('counts no listener that another copy of this package has added', async () => {
    const copy = await import(`${source}?copy`)
    const events = await warnings((emitter) => {
      emitter.setMaxListeners(2)
      for (const add of [addUncounted, copy.addUncounted]) {
        const listener = (): void => {}
        add(emitter, listener, () => emitter.on('one', listener))
      }
      addFillers(emitter, 'one', 2)
    })
    assert.deepEqual(events, [])
  })

  test('stays a property that a copy or a print of an object without the field omits', () => {
    const emitter: EventEmitter = Object.create(EventEmitter.prototype)
    keepListener(emitter, 'one', () => {})
    assert.ok(!Object.keys(emitter).includes('_maxListeners'))
    assert.ok(!Object.keys(emitter).includes('getMaxListeners'))
  })

  test('of a frozen object stays as it is', () => {
    const emitter = Object.freeze(new EventEmitter().setMaxListeners(4).on('one', filler))
    addUncounted(
      emitter,
      () => {},
      () => {},
    )
    assert.equal(emitter.getMaxListeners(), 4)
  })

  test('can be replaced by the application', () => {
    const emitter = new EventEmitter()
    keepListener(emitter, 'one', () => {})
    Object.defineProperty(emitter, '_maxListeners', { value: 7, writable: true })
    assert.equal(Reflect.get(emitter, '_maxListeners'), 7)
  })

  test('follows setMaxListeners() and EventEmitter.defaultMaxListeners', () => {
    const emitter = new EventEmitter()
    keepListener(emitter, 'one', () => {})
    assert.equal(emitter.getMaxListeners(), EventEmitter.defaultMaxListeners)
    assert.equal(emitter.setMaxListeners(3).getMaxListeners(), 3)
    assert.equal(emitter.setMaxListeners(0).getMaxListeners(), 0)
    assert.deepEqual(Object.keys(emitter), Object.keys(new EventEmitter()))
  })
})

/** Adds one listener more than the limit to two events. */
function fill(emitter: EventEmitter, limit: number | undefined, more = 1): void {
  if (limit !== undefined) emitter.setMaxListeners(limit)
  for (const event of ['one', 'two']) {
    const wanted = (limit ?? EventEmitter.defaultMaxListeners) + more
    const present = emitter.listeners(event).filter((listener) => listener === filler).length
    for (let count = present; count < wanted; count += 1) emitter.on(event, filler)
  }
}

function filler(): void {}

function addFillers(emitter: EventEmitter, event: string, count: number): void {
  for (let added = 0; added < count; added += 1) emitter.on(event, filler)
}

function keepLate(emitter: EventEmitter): void {
  replaceLate(emitter)
  keepListener(emitter, 'newListener', (event: string) => beforeListener(emitter, event))
  keepListener(emitter, 'one', () => {})
}

function keepSome(emitter: EventEmitter, count: number): void {
  for (let added = 0; added < count; added += 1) keepListener(emitter, 'one', () => {})
}

/** The events of the warnings that Node prints while the act runs. */
async function warnings(act: (emitter: EventEmitter) => void): Promise<string[]> {
  const events: string[] = []
  const emitter = new EventEmitter()
  const onWarning = (warning: Error & { readonly type?: string; readonly emitter?: object }) => {
    if (warning.emitter === emitter) events.push(String(warning.type))
  }
  process.on('warning', onWarning)
  act(emitter)
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', onWarning)
  return events
}
