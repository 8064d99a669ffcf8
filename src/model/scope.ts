/** Name and version of an instrumentation scope. */
export interface ScopeParts {
  readonly name: string
  /** Undefined for a scope without a version. */
  readonly version: string | undefined
}

/** Splits the name and the version of a text from `scopeText`. */
export function scopeParts(text: string): ScopeParts {
  const at = text.lastIndexOf('@')
  if (at < 0) return { name: text, version: undefined }
  return { name: text.slice(0, at), version: text.slice(at + 1) }
}

export function scopeNameOf(text: string): string {
  return scopeParts(text).name
}
