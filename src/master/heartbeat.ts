/** How often workers tell that their event loop turns, milliseconds. */
export function beatInterval(timeoutMs: number): number {
  return Math.min(1_000, timeoutMs / 4)
}
