/** Reverts the effect of the function that returned the stop. */
export type Stop = () => void

/** Runs stops in reverse order. A stop that throws does not prevent the others. */
export function stopAll(stops: Stop[]): void {
  for (let stop = stops.pop(); stop; stop = stops.pop()) {
    try {
      stop()
    } catch {
      // A stop runs at the end, when no component can report the error.
    }
  }
}
