/** Overrides methods of any object, even of a frozen one. Private fields work as before. */
export function inherited<T extends object>(object: T, methods: object): T {
  // A new object as target: a proxy must return a frozen target's own properties unchanged.
  return new Proxy(Object.create(object), {
    get(_, key) {
      if (Object.hasOwn(methods, key)) return Reflect.get(methods, key)
      const value: unknown = Reflect.get(object, key)
      return typeof value === 'function' ? value.bind(object) : value
    },
    set: (_, key, value) => Reflect.set(object, key, value),
  })
}

/**
 * Overrides methods without the cost of a proxy. `methods` must contain all methods that use
 * private fields.
 */
export function derived<T extends object>(object: T, methods: object): T {
  return Object.create(object, Object.getOwnPropertyDescriptors(methods))
}
