import { monotonicNow } from '../../support/intrinsics/monotonic-now.ts'

/** Each call returns the CPU use of the process since the previous call. 100 means a full core. */
export function cpuMeter(): () => number {
  let lastUsage = process.cpuUsage()
  let lastAt = monotonicNow()
  return () => {
    const usage = process.cpuUsage()
    const at = monotonicNow()
    const usedMs = (usage.user + usage.system - lastUsage.user - lastUsage.system) / 1_000
    const elapsedMs = at - lastAt
    lastUsage = usage
    lastAt = at
    return elapsedMs > 0 ? (100 * usedMs) / elapsedMs : 0
  }
}
