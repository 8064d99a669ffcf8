import { readFileSync } from 'node:fs'
import * as module from 'node:module'

/*
 * Preloaded into every process of a test run. Gives the text of one file from elsewhere, so that
 * the file itself is never touched.
 */

const { MUTANT_URL, MUTANT_TEXT_FILE } = process.env

if (MUTANT_URL && MUTANT_TEXT_FILE) {
  const source = readFileSync(MUTANT_TEXT_FILE, 'utf8')
  // Absent before Node 22.15: a test that starts an older Node sees the file as it is.
  module.registerHooks?.({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      return url === MUTANT_URL ? { ...loaded, source } : loaded
    },
  })
}
