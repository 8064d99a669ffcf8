import type { ProgramTexts } from '../support/preload-key.ts'

/** The build replaces this module: see `tsdown.config.ts`. */
export const programTexts: ProgramTexts = {}
