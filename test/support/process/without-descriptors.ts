import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readdirSync } from 'node:fs'

const mostDescriptors = 256

/** Calls a function while this process has no free descriptor. Linux alone. */
export function withoutDescriptors<T>(act: () => T): T {
  const limit = Number(softLimit())
  setSoftLimit(Math.max(mostDescriptors, readdirSync('/proc/self/fd').length + 1))
  const taken = takeAll()
  try {
    return act()
  } finally {
    for (const descriptor of taken) closeSync(descriptor)
    setSoftLimit(limit)
  }
}

function takeAll(): number[] {
  const taken: number[] = []
  for (;;) {
    try {
      taken.push(openSync('/dev/null', 'r'))
    } catch {
      return taken
    }
  }
}

function softLimit(): string {
  const options = ['--pid', String(process.pid), '--nofile', '--output=SOFT', '--noheadings']
  return execFileSync('prlimit', options, { encoding: 'utf8' }).trim()
}

function setSoftLimit(limit: number): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${limit}:`])
}
