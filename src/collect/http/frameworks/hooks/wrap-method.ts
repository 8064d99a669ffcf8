import { isObjectLike } from '../../../../support/guards.ts'
import { apply } from '../../../../support/intrinsics/apply.ts'
import { countRouteFault } from './request-slot.ts'

type Method = (this: unknown, ...values: unknown[]) => unknown

export interface Observer {
  /** Runs before the method, with its `this` and its arguments. Can return other arguments. */
  readonly before?: (self: unknown, values: readonly unknown[]) => readonly unknown[] | undefined
  /** Runs after the method, with its result. Does not run if the method throws. */
  readonly after?: (result: unknown, values: readonly unknown[]) => void
}

/**
 * Wraps a method of a framework. The method keeps its arguments, result, errors, name and length.
 * An error of the observer counts as a fault, and never reaches the framework. Does nothing twice.
 * @returns whether the owner has such a method.
 */
export function wrapMethod(owner: unknown, name: string, observer: Observer): boolean {
  if (!isObjectLike(owner)) return missing()
  const method: unknown = Reflect.get(owner, name)
  if (typeof method !== 'function') return missing()
  if (wrappers.has(method)) return true
  const { before, after } = observer
  const original = method as Method
  const wrapper = function (this: unknown, ...values: unknown[]): unknown {
    const given = before ? (guarded(before, this, values) ?? values) : values
    const result = apply(original, this, given)
    if (after) guarded(after, result, values)
    return result
  }
  for (const property of ['name', 'length'] as const) {
    Object.defineProperty(wrapper, property, { value: original[property], configurable: true })
  }
  wrappers.add(wrapper)
  const known = Object.getOwnPropertyDescriptor(owner, name)
  const visible = { enumerable: known?.enumerable ?? false, configurable: true, writable: true }
  Object.defineProperty(owner, name, { ...visible, value: wrapper })
  return true
}

const wrappers = new WeakSet<object>()

function guarded<T>(
  observe: (subject: unknown, values: readonly unknown[]) => T,
  subject: unknown,
  values: readonly unknown[],
): T | undefined {
  try {
    return observe(subject, values)
  } catch {
    countRouteFault()
    return undefined
  }
}

/** The framework has changed: a fault on the page tells the operator. */
function missing(): false {
  countRouteFault()
  return false
}
