/** The object with other methods in front of its own; private fields stay with the object itself. */
export function inherited<T extends object>(object: T, methods: object): T {
  return new Proxy(object, {
    get(target, key) {
      if (Object.hasOwn(methods, key)) return Reflect.get(methods, key)
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
