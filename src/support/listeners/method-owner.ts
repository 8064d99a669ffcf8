import type { EventEmitter } from 'node:events'

/**
 * The object on which a method of an emitter can be replaced. A program can read, copy or replace
 * the own properties of `process`. The prototype of `process` belongs to `process` alone.
 */
export function methodOwner(emitter: EventEmitter): EventEmitter {
  return emitter === process ? Object.getPrototypeOf(process) : emitter
}
