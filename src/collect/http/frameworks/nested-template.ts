/**
 * The template of an application behind another application's mount. `/shop/*` and `/items/:id`
 * give `/shop/items/:id`. An outer template without a wildcard at the end is no mount: the handler
 * itself has made the inner request.
 */
export function nestedTemplate(outer: string, inner: string): string {
  const at = outer.search(mount)
  if (at < 0) return outer
  const prefix = outer.slice(0, at)
  // A mount can hand on the whole path, with the prefix.
  return inner === prefix || inner.startsWith(`${prefix}/`) ? inner : prefix + inner
}

/** Whether the template leads to another application. */
export function isMount(template: string): boolean {
  return mount.test(template)
}

const mount = /\/\*{1,2}$/
