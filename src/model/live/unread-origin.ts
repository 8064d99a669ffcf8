/** A place of a sidecar, Redis or a directory, that cannot be read. */
export interface UnreadOrigin {
  readonly name: string
  /** Whether the origin waits for the first application, which makes the directory. */
  readonly isAwaited: boolean
  /** Undefined before the first reading. */
  readonly error: string | undefined
  /** Time since the last reading with success; undefined without one. */
  readonly readAgeSeconds: number | undefined
  /** Number of instances that are still shown. */
  readonly instances: number
}

/** A sentence for each origin that cannot be read. */
export interface OriginTexts {
  /** Of origins that fail. */
  readonly unread: readonly string[]
  /** Of origins whose first reading is to come: no fault. */
  readonly awaited: readonly string[]
}

export function originTexts(origins: readonly UnreadOrigin[]): OriginTexts {
  return {
    unread: origins.filter((origin) => !isExpected(origin)).map(unreadText),
    awaited: origins.filter(isExpected).map(awaitedText),
  }
}

function isExpected({ isAwaited, error, readAgeSeconds }: UnreadOrigin): boolean {
  return isAwaited || (error === undefined && readAgeSeconds === undefined)
}

function awaitedText({ name, isAwaited }: UnreadOrigin): string {
  return isAwaited
    ? `${name} is not there yet; the first application makes it.`
    : `${name} has not been read yet.`
}

/** An origin that cannot be read says nothing about its instances: some may have ended. */
function unreadText({ name, error, readAgeSeconds, instances }: UnreadOrigin): string {
  const reason = error === undefined ? 'cannot be read' : `cannot be read (${error})`
  if (readAgeSeconds === undefined) return `${name} ${reason}.`
  const count = instances === 1 ? '1 instance' : `${instances} instances`
  return `${name} ${reason}; the page shows ${count} from ${Math.round(readAgeSeconds)} s ago.`
}
