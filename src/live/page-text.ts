import type { LivePage } from '../endpoint/live-content.ts'

/**
 * The build replaces this module: see `tsdown.config.ts`. A function, because V8 makes the texts in
 * a function at its first call. Nobody calls it in most processes.
 */
export function pageText(): LivePage {
  return { gzip: '', tag: '', policy: '' }
}
