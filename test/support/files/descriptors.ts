import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'

/** The limit of this process while an act runs without a free descriptor. */
const mostDescriptors = 256

/** The option `skip` of tests that call `withoutDescriptors`. */
export const needsDescriptorLimit: string | false =
  spawnSync('prlimit', ['--version']).status === 0 ? false : 'the command prlimit is missing'

/** The option `skip` of tests that call `openDescriptors`. */
export const needsProc: string | false =
  process.platform === 'linux' ? false : 'only Linux lists the descriptors of a process'

/** How many descriptors this process has open. */
export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}

/** Calls a synchronous function while this process has no free descriptor. */
export function withoutDescriptors<Result>(act: () => Result): Result {
  const [, before = ''] =
    /^Max open files +(\w+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
  limitDescriptors(String(mostDescriptors))
  const held = allDescriptors()
  try {
    return act()
  } finally {
    for (const descriptor of held) closeSync(descriptor)
    limitDescriptors(before)
  }
}

function limitDescriptors(limit: string): void {
  const args = ['--pid', String(process.pid), `--nofile=${limit}:`]
  assert.equal(spawnSync('prlimit', args).status, 0)
}

function allDescriptors(): number[] {
  const held: number[] = []
  for (;;) {
    try {
      held.push(openSync('/dev/null', 'r'))
    } catch {
      return held
    }
  }
}
