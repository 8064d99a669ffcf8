/**
 * Puts a property on an object of the application's without showing it: whoever copies, prints or
 * enumerates the object sees no difference.
 */
export function hide(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, {
    configurable: true,
    enumerable: false,
    writable: true,
    value,
  })
}
