const firstMs = 100
const lastMs = 10_000

/** Pause before a worker is forked after `failures` that never served, milliseconds. */
export function bootPauseMs(failures: number): number {
  return failures === 0 ? 0 : Math.min(firstMs * 2 ** (failures - 1), lastMs)
}
