/** The object with other methods in front of its own, whatever it forbids; private fields stay with the object itself. */
export function inherited<T extends object>(object: T, methods: object): T {
  // Of a frozen target's own properties a proxy may tell nothing else.
  return new Proxy(Object.create(object), {
    get(_, key) {
      if (Object.hasOwn(methods, key)) return Reflect.get(methods, key)
      const value: unknown = Reflect.get(object, key)
      return typeof value === 'function' ? value.bind(object) : value
    },
    set: (_, key, value) => Reflect.set(object, key, value),
  })
}

/** The same without a proxy, for what is called for every value; all methods that use private fields are to be given. */
export function derived<T extends object>(object: T, methods: object): T {
  return Object.create(object, Object.getOwnPropertyDescriptors(methods))
}
