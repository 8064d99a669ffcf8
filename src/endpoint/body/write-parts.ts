/** The part of a writable stream for bodies. */
export interface PartStream {
  readonly write: (part: Buffer) => boolean
  readonly end: () => unknown
  readonly destroy: () => unknown
  readonly on: (event: 'drain', listener: () => void) => unknown
}

/** Writes each part when the client has taken the parts before, and ends the stream. */
export function writeParts(stream: PartStream, parts: readonly Buffer[]): void {
  let next = 0
  const write = (): void => {
    try {
      while (next < parts.length) {
        const part = parts[next] as Buffer
        next += 1
        if (!stream.write(part)) return
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
