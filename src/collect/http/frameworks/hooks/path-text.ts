/** The path of a request target, as Express, Koa and h3 read the path: up to the query. */
export function withoutQuery(target: string): string {
  const end = target.indexOf('?')
  return end < 0 ? target : target.slice(0, end)
}

/** `/items/` becomes `/items`, and `/` becomes empty. */
export function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path
}
