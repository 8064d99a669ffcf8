/** A place of a sidecar, Redis or a directory, that cannot be read. */
export interface UnreadOrigin {
  readonly name: string
  /** Undefined before the first reading. */
  readonly error: string | undefined
  /** Time since the last reading with success; undefined without one. */
  readonly readAgeSeconds: number | undefined
  /** Number of instances that are still shown. */
  readonly instances: number
}

/** An origin that cannot be read says nothing about its instances: some may have ended. */
export function unreadText({ name, error, readAgeSeconds, instances }: UnreadOrigin): string {
  const reason = error === undefined ? 'has not been read yet' : `cannot be read (${error})`
  if (readAgeSeconds === undefined) return `${name} ${reason}.`
  const count = instances === 1 ? '1 instance' : `${instances} instances`
  return `${name} ${reason}; the page shows ${count} from ${Math.round(readAgeSeconds)} s ago.`
}
