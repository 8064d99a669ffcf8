import { contextRoute } from './context-route.ts'
import { frameworks } from './frameworks/frameworks.ts'
import type { FieldReader } from './frameworks/hooks/framework.ts'
import { countRouteFault, type RequestSlot, requestSlots } from './frameworks/hooks/request-slot.ts'
import { metaKey as nextMetaKey } from './frameworks/next.ts'
import { OperationRoutes } from './operation-route.ts'

/*
 * The route template and the error of a request, read once, when the request ends. The order is:
 * `setRoute` of the application, the adapter of a framework, OTel's context, fields of the request.
 */

const fields: readonly FieldReader[] = frameworks.flatMap((each) => each.fields ?? [])
const templateReaders = fields.flatMap(({ templateOf }) => templateOf ?? [])
const errorReaders = fields.flatMap(({ errorOf: read }) => read ?? [])

/** What an adapter or the application stored for the request. */
export function slotOf(request: object): RequestSlot | undefined {
  const slots = requestSlots()
  return slots.isUsed ? slots.find(request) : undefined
}

/**
 * @param target the request target as received.
 * @returns the template in the form of the framework; undefined without a known route.
 */
export function routeOf(
  request: object,
  slot: RequestSlot | undefined,
  target: string | undefined,
): string | undefined {
  if (slot?.template !== undefined) return slot.template
  const route = (slot && slotRoute(slot, request)) ?? contextRoute() ?? fieldRoute(request)
  const operation = slot?.operation
  return operation === undefined ? route : operationRoutes().of(operation, route, target)
}

/** Fields in which frameworks leave routes and errors: see `fields` of the frameworks. */
interface FrameworkRequest {
  /** Express, Restify. */
  readonly route?: unknown
  /** Express. */
  readonly app?: unknown
  /** Socket.IO. */
  readonly _query?: unknown
  readonly [nextMetaKey]?: unknown
}

/**
 * Whether no framework has left a field. The readers of fields find nothing on such a request. They
 * cost 0.1 µs, and evict other code from the caches of the processor. This function looks once at
 * the shape of each object. A new reader needs its field here: a test compares the two.
 */
export function isPlain(request: object, response: object | undefined): boolean {
  try {
    const { route, app, _query, [nextMetaKey]: meta } = request as FrameworkRequest
    if (route !== undefined || app !== undefined || _query !== undefined) return false
    const { err } = (response ?? noResponse) as { readonly err?: unknown }
    return meta === undefined && err === undefined
  } catch {
    // A getter of the application can throw. The readers decide.
    return false
  }
}

const noResponse = {}

let operations: OperationRoutes | undefined

function operationRoutes(): OperationRoutes {
  operations ??= new OperationRoutes(requestSlots().operations?.most ?? 0)
  return operations
}

export interface ErrorPlaces {
  readonly request: object
  readonly response: object | undefined
  readonly slot: RequestSlot | undefined
}

/** @returns the error that the framework or the application turned into a response. */
export function errorOf({ request, response, slot }: ErrorPlaces): unknown {
  const stored = slot && (slot.error ?? slotError(slot, request))
  return stored ?? (errorReaders.length > 0 ? fieldError(request, response) : undefined)
}

function slotRoute({ framework, pointer }: RequestSlot, request: object): string | undefined {
  try {
    return framework?.templateOf?.(pointer, request)
  } catch {
    countRouteFault()
    return undefined
  }
}

function slotError({ framework, pointer }: RequestSlot, request: object): unknown {
  try {
    return framework?.errorOf?.(pointer, request)
  } catch {
    countRouteFault()
    return undefined
  }
}

function fieldRoute(request: object): string | undefined {
  for (const read of templateReaders) {
    try {
      const template = read(request)
      if (template !== undefined) return template
    } catch {
      countRouteFault()
    }
  }
  return undefined
}

function fieldError(request: object, response: object | undefined): unknown {
  if (response === undefined) return undefined
  for (const read of errorReaders) {
    try {
      const error = read(request, response)
      if (error !== undefined && error !== null) return error
    } catch {
      countRouteFault()
    }
  }
  return undefined
}
