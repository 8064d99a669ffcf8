/** Keeps reports of the preload and of the user's own SDK apart in a process with both. */
export type ReportStream = 'preload' | 'sdk'
