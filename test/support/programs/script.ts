import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

const root = join(import.meta.dirname, '../../..')

export interface ScriptEnd {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a file of `scripts/` to its end. @param input the text on its stdin. */
export async function runScript(
  name: string,
  args: readonly string[],
  input: Uint8Array = new Uint8Array(),
): Promise<ScriptEnd> {
  const child = spawn(process.execPath, [join(root, 'scripts', name), ...args])
  child.stdin.end(input)
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'exit') as Promise<[number]>,
    text(child.stdout),
    text(child.stderr),
  ])
  return { code, stdout, stderr }
}
