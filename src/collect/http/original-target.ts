/** The request target as the client sent it. Express removes the mount path from `url`. */
export function originalTarget(request: {
  readonly url?: string | undefined
  readonly originalUrl?: unknown
}): string | undefined {
  const { originalUrl } = request
  return typeof originalUrl === 'string' ? originalUrl : request.url
}
