/** Bytes of a response in parts, which other responses can share. */
export interface Body {
  readonly parts: readonly Buffer[]
  readonly bytes: number
}

export function bodyOf(parts: readonly Buffer[]): Body {
  return { parts, bytes: parts.reduce((sum, { length }) => sum + length, 0) }
}
