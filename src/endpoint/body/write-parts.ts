import { endpointLimits } from '../../limits/endpoint.ts'

/** The part of a writable stream for bodies. */
export interface PartStream {
  readonly write: (part: Buffer) => boolean
  readonly end: () => unknown
  readonly destroy: () => unknown
  readonly on: (event: 'drain', listener: () => void) => unknown
}

/**
 * Writes `writeBytes` at once, waits until the client has taken them, and goes on. Ends the stream
 * after the last part. A wait for each part took up to three times as long on a busy machine.
 */
export function writeParts(stream: PartStream, parts: readonly Buffer[]): void {
  let next = 0
  const write = (): void => {
    try {
      while (next < parts.length) {
        const some = partsFrom(parts, next)
        next += some.length
        if (!writeAll(stream, some)) return
      }
      if (next === parts.length) stream.end()
      next = parts.length + 1
    } catch {
      stream.destroy()
    }
  }
  stream.on('drain', write)
  write()
}

/** The next parts that are written at once. */
function partsFrom(parts: readonly Buffer[], from: number): readonly Buffer[] {
  let end = from
  let bytes = 0
  while (end < parts.length && bytes < endpointLimits.writeBytes) {
    bytes += parts[end]?.length ?? 0
    end += 1
  }
  return parts.slice(from, end)
}

/** @returns whether the stream takes more at once. */
function writeAll(stream: PartStream, parts: readonly Buffer[]): boolean {
  return parts.map((part) => stream.write(part)).every((takesMore) => takesMore)
}
