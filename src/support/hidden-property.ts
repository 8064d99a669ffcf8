/**
 * Defines a property on an object of the application. A copy, a print or an enumeration of the
 * object does not show the property.
 */
export function hide(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, {
    configurable: true,
    enumerable: false,
    writable: true,
    value,
  })
}
