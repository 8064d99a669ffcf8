import { clearTimeout, setTimeout } from 'node:timers'

/** What `within` resolves with instead of a value. */
export const late: unique symbol = Symbol('late')

/**
 * What the promise settles with; `late` where that takes longer. Keeps no process alive, and leaves
 * no rejection unheard.
 */
export async function withTimeLimit<T>(promise: Promise<T>, ms: number): Promise<T | typeof late> {
  let timer: NodeJS.Timeout | undefined
  const end = new Promise<typeof late>((resolve) => {
    timer = setTimeout(resolve, ms, late).unref()
  })
  try {
    return await Promise.race([promise, end])
  } finally {
    clearTimeout(timer)
  }
}
