import { readFile } from 'node:fs/promises'
import { parseCrashFile } from '../src/crash-file/reader.ts'
import { textOf } from '../src/exposition/page.ts'
import { PageRenderer } from '../src/exposition/page-renderer.ts'
import { whole } from '../src/model/page/in-parts.ts'

/*
 * Prints what a worker's crash file holds, as Prometheus text:
 *
 *   npm run --silent show:crash-file -- FILE
 *
 * The primary removes the file when it has read it. To look at the file of a live worker is safe.
 */

/** Returns undefined for bytes that a primary would refuse. */
export function crashFileText(bytes: Uint8Array): string | undefined {
  const counts = parseCrashFile(bytes)
  if (!counts) return undefined
  const { source, metrics } = counts
  const started = new Date(1_000 * source.startSeconds).toISOString()
  const head = `# worker ${source.forkNumber}, pid ${source.pid}, started ${started}\n`
  return head + textOf(whole(new PageRenderer().render(metrics, 'prometheus')))
}

if (import.meta.main) {
  const [, , path] = process.argv
  if (path === undefined) {
    process.stderr.write('Usage: show-crash-file.ts FILE\n')
    process.exitCode = 2
  } else {
    const text = crashFileText(await readFile(path))
    if (text !== undefined) process.stdout.write(text)
    else {
      process.stderr.write(`${path} is not a crash file of this version, or it is damaged.\n`)
      process.exitCode = 1
    }
  }
}
