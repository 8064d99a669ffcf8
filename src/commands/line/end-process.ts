import { lineLimits } from '../../limits/tools/line.ts'

/**
 * Ends the process when its output is written and nothing is left to do. Whatever keeps the
 * process alive longer than `lineLimits.endMs` is cut off.
 *
 * `process.exit()` right after work can wait for ever: Node.js joins the threads of V8, and a
 * thread that compiles can wait for a garbage collection by the main thread (nodejs/node#54918).
 * After a moment without work, no thread compiles any more.
 */
export function endProcess(code: number): void {
  process.exitCode = code
  setTimeout(() => process.exit(), lineLimits.endMs).unref()
}
