/** Bounds of `hang-stacks`, each with its unit. */
export const hangStackLimits = {
  /** Shortest and longest standstill that the setting allows, seconds. */
  leastSeconds: 0.5,
  mostSeconds: 3_600,
  /**
   * Shortest and longest pause between two checks of the watchdog, milliseconds. The heartbeat has
   * the same pause.
   */
  checkFirstMs: 50,
  checkLastMs: 500,
  /** Frames of a stack, from the top. */
  frames: 50,
  /** Characters of one frame. */
  frameChars: 500,
  /** The file with a stack, bytes. */
  fileBytes: 131_072,
  /** Time for the main thread to answer a question of the debugger, milliseconds. */
  answerMs: 1_000,
  /** Time for V8 to list all scripts, milliseconds. 1,000 scripts of 50 KB take 0.9 s. */
  scriptsMs: 5_000,
  /** Time for V8 to pause the main thread, milliseconds. A stack of 30,000 frames takes 1 s. */
  pauseMs: 5_000,
  /** Pause between two commands that wake the main thread, milliseconds. */
  wakeMs: 100,
  /** Paths of scripts that the watchdog remembers during one stall. */
  scripts: 50_000,
  /** Characters of source maps inside scripts that the watchdog keeps during one stall. */
  inlineMapChars: 8_388_608,
  /** A larger file with a source map is not read, bytes. */
  mapFileBytes: 8_388_608,
  /**
   * Heap of the watchdog, mebibytes. With 64, a stack of 7,000 frames fits, and with 16 it does
   * not. At rest, the thread uses 5.
   */
  threadHeapMb: 64,
  threadYoungHeapMb: 2,
  /** Restarts of the watchdog after crashes. */
  threadRestarts: 5,
  /** Silence after which the primary looks for the stack of a worker, milliseconds. */
  silenceMs: 1_500,
  /** Pause between two looks, milliseconds. */
  pollMs: 500,
} as const
