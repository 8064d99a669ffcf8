/** Whose reports: those of the preload and those of a user's own SDK do not meet where a process has both. */
export type ReportStream = 'preload' | 'sdk'
