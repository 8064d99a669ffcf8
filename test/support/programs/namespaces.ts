import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Tool } from '../tools.ts'

/** Arguments that run a command as PID 1 of its own namespace. */
export const namespace: readonly string[] = ['unshare', '--pid', '--fork', '--mount-proc']

/** Whether this machine allows such a namespace. */
export function namespaces(): Tool {
  const [command = '', ...args] = namespace
  const { status } = spawnSync(command, [...args, 'true'], { stdio: 'ignore' })
  if (status === 0) return { path: command }
  return {
    missing: 'A PID namespace needs Linux, unshare (util-linux) and the right to use it: root.',
  }
}

/** The children of a process, as pids of this namespace. */
export function children(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.trim().split(/\s+/).filter(Boolean).map(Number)
}
