import { EventEmitter } from 'node:events'
import { isObjectLike } from '../guards.ts'
import { hide } from '../hidden-property.ts'
import { methodOwner } from './method-owner.ts'

/**
 * Adds a listener that does not count for the limit at which Node warns of a memory leak. Node then
 * warns at the same listener of the application as without this package, and `getMaxListeners()`
 * returns the limit of the application.
 *
 * Node compares the number of listeners with the field `_maxListeners`. A getter in place of this
 * field returns more while only our listeners are over the limit. The list of listeners itself
 * belongs to Node: Node 24 keeps marks in the list.
 *
 * @param add adds the listener.
 */
export function addUncounted(emitter: EventEmitter, listener: object, add: () => unknown): void {
  Reflect.defineProperty(listener, ownMark, { value: true })
  if (!limits.has(emitter)) limits.set(emitter, new ListenerLimit(emitter))
  add()
}

/**
 * Keeps the field of an emitter until `beforeListener` finds a full list of listeners. V8 keeps an
 * object with a replaced field as a hash table. For each request, Node reads many fields of its
 * server, and of the session of HTTP/2. A server with a replaced field costs 1 µs more.
 *
 * Call this function before `addUncounted`, and `beforeListener` for each event `newListener`.
 */
export function replaceLate(emitter: EventEmitter & EmitterFields): void {
  if (limits.has(emitter)) return
  limits.set(emitter, 'late')
  for (const event of Object.keys(emitter._events ?? {})) beforeListener(emitter, event)
}

/** Call this function before a listener is added. */
export function beforeListener(
  emitter: EventEmitter & EmitterFields,
  event: string | symbol,
): void {
  if (limits.get(emitter) !== 'late') return
  const limit = emitter._maxListeners ?? EventEmitter.defaultMaxListeners
  if (emitter.listenerCount(event) >= limit) limits.set(emitter, new ListenerLimit(emitter))
}

/** Each bundle of this package has a copy of this module. The listeners of all copies count. */
const ownMark: unique symbol = Symbol.for('gunicorn-prometheus-exporter.listener')

/** `late`: the field of the emitter is not replaced yet. */
const limits = new WeakMap<EventEmitter, ListenerLimit | 'late'>()

/** The fields in which Node keeps the listeners and their limit. */
interface EmitterFields {
  readonly _events?: Readonly<Record<string | symbol, unknown>>
  readonly _maxListeners?: number | undefined
}

/** The limit of one emitter. */
class ListenerLimit {
  readonly #emitter: EventEmitter & EmitterFields
  /** The limit that the application has set. */
  #limit: number | undefined

  constructor(emitter: EventEmitter) {
    this.#emitter = emitter
    const before = Object.getOwnPropertyDescriptor(emitter, '_maxListeners')
    this.#limit = before?.value
    // Another copy of this module has replaced the field, or the object is frozen.
    if (!Object.isExtensible(emitter) || before?.get) return
    Object.defineProperty(emitter, '_maxListeners', {
      configurable: true,
      // The keys of the object stay the same.
      enumerable: before?.enumerable ?? false,
      get: () => this.#read(),
      set: (limit: number | undefined) => {
        this.#limit = limit
      },
    })
    hide(
      methodOwner(emitter),
      'getMaxListeners',
      () => this.#limit ?? EventEmitter.defaultMaxListeners,
    )
  }

  /** Node reads the field when the application adds a listener. Must not throw. */
  #read(): number | undefined {
    try {
      const limit = this.#limit ?? EventEmitter.defaultMaxListeners
      const own = ownOverLimit(Object.values(this.#emitter._events ?? {}), limit)
      return own === 0 ? this.#limit : limit + own
    } catch {
      // Node then warns one listener too early.
      return this.#limit
    }
  }
}

/** How many listeners of this package are over the limit; 0 if Node has to warn. */
function ownOverLimit(lists: readonly unknown[], limit: number): number {
  let most = 0
  for (const list of lists) {
    if (!Array.isArray(list) || list.length <= limit) continue
    const own = list.filter(isOwn).length
    // Node marks a list after the warning.
    if (list.length - own > limit && Reflect.get(list, 'warned') !== true) return 0
    most = Math.max(most, own)
  }
  return most
}

function isOwn(listener: unknown): boolean {
  return isObjectLike(listener) && Reflect.get(listener, ownMark) === true
}
