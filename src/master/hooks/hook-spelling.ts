/** A function can be several hooks. */
const spellings = new WeakMap<object, Map<string, string>>()

/** Keeps the name that the operator gave to a hook, for messages: `post_fork` or `postFork`. */
export function keepSpelling(hook: unknown, name: string, given: string): void {
  if (typeof hook !== 'function') return
  const names = spellings.get(hook) ?? new Map<string, string>()
  spellings.set(hook, names.set(name, given))
}

/** The name as the operator wrote it. */
export function spellingOf(hook: object, name: string): string {
  return spellings.get(hook)?.get(name) ?? name
}
