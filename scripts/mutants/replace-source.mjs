import { existsSync, readFileSync } from 'node:fs'
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
  keepSignalsInside()
}

/** A mutant of `process.kill(pid, 0)` may send a signal to any process of the user. */
function keepSignalsInside() {
  const kill = process.kill
  process.kill = (pid, signal) => {
    if (signal === 0 || isOfThisRun(pid)) return kill.call(process, pid, signal)
    throw new Error(`a mutant sends ${signal ?? 'SIGTERM'} to process ${pid} of another run`)
  }
}

function isOfThisRun(pid) {
  if (pid === 0 || Math.abs(pid) === process.pid) return true
  const directory = `/proc/${Math.abs(pid)}`
  if (!existsSync(directory)) return existsSync('/proc/self')
  try {
    const environment = readFileSync(`${directory}/environ`, 'utf8')
    return environment.includes(`MUTANT_TEXT_FILE=${MUTANT_TEXT_FILE}\0`) || isChild(directory)
  } catch {
    return false
  }
}

/** A child may have an environment of its own. */
function isChild(directory) {
  const stat = readFileSync(`${directory}/stat`, 'utf8')
  const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(parent) === process.pid
}
