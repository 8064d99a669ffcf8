import { contextRoute } from './context-route.ts'
import type { FieldReader } from './frameworks/framework.ts'
import { frameworks } from './frameworks/frameworks.ts'
import { type RequestSlot, requestSlots } from './frameworks/request-slot.ts'

/*
 * The route template and the error of a request, read once, when the request ends. The order is:
 * `setRoute` of the application, the adapter of a framework, OTel's context, fields of the request.
 */

const readers: readonly FieldReader[] = frameworks.flatMap(({ fields }) => fields ?? [])

/** @returns the template as the framework has it; undefined if nothing knows a route. */
export function routeOf(request: object): string | undefined {
  const slot = requestSlots().find(request)
  return (
    slot?.template ?? (slot && slotRoute(slot, request)) ?? contextRoute() ?? fieldRoute(request)
  )
}

/** @returns the error that the framework or the application turned into a response. */
export function errorOf(request: object, response: object | undefined): unknown {
  const slot = requestSlots().find(request)
  return slot?.error ?? (slot && slotError(slot, request)) ?? fieldError(request, response)
}

function slotRoute({ framework, pointer }: RequestSlot, request: object): string | undefined {
  try {
    return framework?.templateOf?.(pointer, request)
  } catch {
    return countFault()
  }
}

function slotError({ framework, pointer }: RequestSlot, request: object): unknown {
  try {
    return framework?.errorOf?.(pointer, request)
  } catch {
    return countFault()
  }
}

function fieldRoute(request: object): string | undefined {
  for (const { templateOf } of readers) {
    try {
      const template = templateOf?.(request)
      if (template !== undefined) return template
    } catch {
      countFault()
    }
  }
  return undefined
}

function fieldError(request: object, response: object | undefined): unknown {
  if (response === undefined) return undefined
  for (const { errorOf: read } of readers) {
    try {
      const error = read?.(request, response)
      if (error !== undefined && error !== null) return error
    } catch {
      countFault()
    }
  }
  return undefined
}

function countFault(): undefined {
  requestSlots().faults += 1
}
