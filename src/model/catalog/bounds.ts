/** Seconds. Contains the two sets of bounds in the documents of the Python exporter. */
export const durationBounds: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60,
]
/** Bytes. */
export const sizeBounds: readonly number[] = [
  1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304,
]
/**
 * Seconds. The first bound lies above the lateness of a timer in an idle process. 30 is the default
 * of GUNICORN_TIMEOUT.
 */
export const delayBounds: readonly number[] = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
/** Seconds. The bounds of OpenTelemetry's conventions for `http.server.request.duration`. */
export const httpDurationBounds: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
]
