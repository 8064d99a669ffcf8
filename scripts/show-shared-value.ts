import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { textOf } from '../src/exposition/page.ts'
import { PageRenderer } from '../src/exposition/page-renderer.ts'
import { whole } from '../src/model/page/in-parts.ts'
import { parsePeerState } from '../src/share/peers/peer-state.ts'

/*
 * Prints what an instance has written to Redis or to a shared directory: its head as comments, its
 * metrics as Prometheus text.
 *
 *   npm run --silent show:shared-value -- FILE
 *   redis-cli --raw GET KEY | head -c -1 | npm run --silent show:shared-value -- -
 *
 * redis-cli adds a line end, which head takes away.
 */

/** Returns the reason where readers would refuse the bytes. */
export function sharedValueText(
  bytes: Buffer,
): { readonly text: string } | { readonly reason: string } {
  const state = parsePeerState(bytes)
  if (typeof state === 'string') return { reason: state }
  const { metrics, retained, startedAt, writtenAt, ...head } = state
  const times = { startedAt: timeOf(startedAt), writtenAt: timeOf(writtenAt) }
  const lines = Object.entries({ ...head, ...times }).map(
    ([name, value]) => `# ${name}: ${JSON.stringify(value)}\n`,
  )
  const all = [...metrics, ...retained.flatMap((group) => group.metrics)]
  return { text: lines.join('') + textOf(whole(new PageRenderer().render(all, 'prometheus'))) }
}

function timeOf(unixMs: number): string {
  return new Date(unixMs).toISOString()
}

if (import.meta.main) {
  const [, , path] = process.argv
  if (path === undefined) {
    process.stderr.write('Usage: show-shared-value.ts FILE, or - for stdin\n')
    process.exitCode = 2
  } else {
    const shown = sharedValueText(path === '-' ? await buffer(process.stdin) : await readFile(path))
    if ('text' in shown) process.stdout.write(shown.text)
    else {
      process.stderr.write(`Readers refuse ${path}: ${shown.reason}.\n`)
      process.exitCode = 1
    }
  }
}
