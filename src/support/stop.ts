/** Undoes what the function that returned it did. */
export type Stop = () => void

/** Runs stops in reverse order; one that throws does not keep the others from running. */
export function stopAll(stops: Stop[]): void {
  for (let stop = stops.pop(); stop; stop = stops.pop()) {
    try {
      stop()
    } catch {
      // A stop runs when nobody is left to be told.
    }
  }
}
