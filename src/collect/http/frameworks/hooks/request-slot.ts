import { isObjectLike } from '../../../../support/guards.ts'
import type { Framework } from './framework.ts'

/**
 * Where an adapter keeps pointers for a request until the request ends. The slot is a private field
 * on the application's request: no key, copy, print or proxy shows the slot. The price is 0.02 µs;
 * a hidden symbol property costs 0.12 µs, and so does a WeakMap.
 */
export interface RequestSlot {
  /** The framework that stored `pointer`. */
  framework: Framework | undefined
  pointer: unknown
  /** The template that the application gave to `setRoute`. */
  template: string | undefined
  error: unknown
  /** The name of the GraphQL operation. */
  operation: string | undefined
}

/**
 * The slots of a process. The preload, its runtime and the package's entry are separate bundles,
 * and the application can load the entry several times: all copies use the slots of the first one.
 */
export interface RequestSlots {
  readonly find: (request: object) => RequestSlot | undefined
  readonly open: (request: object) => RequestSlot
  /** Calls of transformed sources, by framework. */
  readonly calls: Map<string, (...values: unknown[]) => void>
  /**
   * Whether a request has had a slot. Before the first slot, nothing searches for slots: V8 takes
   * 0.1 µs to find that a request has no slot.
   */
  isUsed: boolean
  /** Whether the adapters of this process have subscribed. */
  isWatched: boolean
  /** How often an adapter met a shape that it does not know. */
  faults: number
  /** Undefined unless the names of GraphQL operations are wanted. */
  operations: Operations | undefined
}

interface Operations {
  /** Names of operations that the process shows. */
  readonly most: number
  /** The request whose work is under way. */
  readonly current: () => object | undefined
}

/** The global key of the process's slots. */
export const slotsKey: unique symbol = Symbol.for('gunicorn-prometheus-exporter.requests')

let slots: RequestSlots | undefined

/** Makes the slots of the process, or finds those of another copy of this package. */
export function requestSlots(): RequestSlots {
  slots ??= knownSlots() ?? newSlots()
  return slots
}

/** Undefined in a process without an exporter. */
export function knownSlots(): RequestSlots | undefined {
  return Reflect.get(globalThis, slotsKey)
}

/**
 * Stores where the route of a request is. The adapter's `templateOf` gets the pointer at the
 * request's end. A later call replaces an earlier call. Never throws.
 */
export function storeRoute(request: unknown, framework: Framework, pointer: unknown): void {
  const slot = slotFor(request)
  if (slot === undefined) return
  slot.framework = framework
  slot.pointer = pointer
}

/**
 * Stores an error that the framework turns into a response. The first error of a request counts.
 * Never throws.
 */
export function storeError(request: unknown, error: unknown): void {
  const slot = error === undefined || error === null ? undefined : slotFor(request)
  if (slot !== undefined) slot.error ??= error
}

/** The pointer that the framework stored last. @param owner the object of `ownerOf`. */
export function pointerOf(owner: object, framework: Framework): unknown {
  const slot = requestSlots().find(owner)
  return slot?.framework === framework ? slot.pointer : undefined
}

/** Never throws: some adapters run where an error would reach the application. */
export function slotFor(request: unknown): RequestSlot | undefined {
  try {
    const owner = ownerOf(request)
    return owner && requestSlots().open(owner)
  } catch {
    // A getter or a Proxy of the application can throw.
    countRouteFault()
    return undefined
  }
}

/** Counts a shape that an adapter does not know: `gunicorn_exporter_faults_total`, `route`. */
export function countRouteFault(): void {
  requestSlots().faults += 1
}

/**
 * The object that has the slot: the request of `node:http`, or the stream of HTTP/2. Frameworks
 * pass the compatibility request of HTTP/2, and its collector sees the stream only.
 */
export function ownerOf(request: unknown): object | undefined {
  if (typeof request !== 'object' || request === null) return undefined
  if (Reflect.get(request, 'httpVersionMajor') !== 2) return request
  const stream: unknown = Reflect.get(request, 'stream')
  return typeof stream === 'object' && stream !== null ? stream : request
}

/** The request of Node. Requests of Fastify and others have Node's request in `raw`. */
export function rawRequest(request: unknown): unknown {
  const raw: unknown = isObjectLike(request) ? Reflect.get(request, 'raw') : undefined
  return isObjectLike(raw) ? raw : request
}

/** Makes `this` an object of the application, so that a subclass can add a private field to it. */
const Foreign = class {
  constructor(target: object) {
    // biome-ignore lint/correctness/noConstructorReturn: this is the point of the class.
    return target
  }
}

class Holder extends Foreign {
  readonly #slot: RequestSlot

  constructor(target: object, slot: RequestSlot) {
    super(target)
    this.#slot = slot
  }

  static find(request: object): RequestSlot | undefined {
    return #slot in request ? request.#slot : undefined
  }

  static open(request: object): RequestSlot {
    if (#slot in request) return request.#slot
    requestSlots().isUsed = true
    const slot: RequestSlot = {
      framework: undefined,
      pointer: undefined,
      template: undefined,
      error: undefined,
      operation: undefined,
    }
    new Holder(request, slot)
    return slot
  }
}

function newSlots(): RequestSlots {
  const { find, open } = Holder
  const flags = { isUsed: false, isWatched: false }
  const own = { calls: new Map(), ...flags, faults: 0, operations: undefined }
  const made: RequestSlots = { find, open, ...own }
  // The application can have frozen the global object: then no other copy finds the slots.
  Reflect.defineProperty(globalThis, slotsKey, { value: made })
  return made
}
