import { isObjectLike } from '../../../../support/guards.ts'

/** The prototype of a class. Undefined for a value without a prototype for instances. */
export function prototypeOf(owner: unknown): unknown {
  return isObjectLike(owner) ? Reflect.get(owner, 'prototype') : undefined
}

/** The object that has the method itself: the given object, or one of its prototypes. */
export function methodOwner(start: unknown, method: string): object | undefined {
  let owner = start
  while (isObjectLike(owner) && !Object.hasOwn(owner, method)) owner = Object.getPrototypeOf(owner)
  return isObjectLike(owner) ? owner : undefined
}
