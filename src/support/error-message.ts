/** The message of an error. A program can throw any value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
