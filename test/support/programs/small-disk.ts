import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { needed } from '../tools.ts'
import type { Belongings } from './belongings.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** A directory with a small file system of its own. */
export interface SmallDisk {
  readonly directory: string
  /** Takes all the space that is free. */
  readonly fill: () => void
  /** Gives the space back. */
  readonly free: () => void
  /** Makes files until no inode is free. */
  readonly takeInodes: () => void
  readonly freeInodes: () => void
  readonly remount: (mode: 'ro' | 'rw') => void
}

const bytes = 2 ** 21

/**
 * Mounts a file system in memory until the end of the test.
 * @param options more options of the mount.
 * @returns undefined without the right to mount; the test is then skipped, or fails if CI=true.
 */
export async function smallDisk(
  context: Belongings,
  options = 'mode=1777',
): Promise<SmallDisk | undefined> {
  const directory = await temporaryDirectory(context)
  const isMounted = asRoot(
    'mount',
    '-t',
    'tmpfs',
    '-o',
    `size=${bytes},mode=1777,${options}`,
    'tmpfs',
    directory,
  )
  const found = isMounted
    ? { directory }
    : {
        missing:
          'A small disk needs Linux and the right to mount a tmpfs: root, or sudo ' +
          'without a password.',
      }
  if (!needed(context, found)) return undefined
  context.after(() => asRoot('umount', '--lazy', directory))
  const filler = join(directory, 'filler')
  const inodes = join(directory, 'inodes')
  let files = 0
  return {
    directory,
    fill() {
      // The last write fails at the end of the space.
      for (const size of [2 ** 16, 2 ** 12]) {
        try {
          for (;;) writeFileSync(filler, new Uint8Array(size), { flag: 'a' })
        } catch {
          // Smaller writes can still fit.
        }
      }
    },
    free: () => rmSync(filler),
    takeInodes() {
      mkdirSync(inodes, { recursive: true })
      try {
        for (;;) {
          files += 1
          writeFileSync(join(inodes, String(files)), '')
        }
      } catch {
        // No inode is free.
      }
    },
    freeInodes: () => rmSync(inodes, { recursive: true }),
    remount(mode) {
      if (!asRoot('mount', '-o', `remount,${mode}`, directory)) {
        throw new Error(`${directory} cannot be mounted ${mode}`)
      }
    },
  }
}

function asRoot(...command: readonly string[]): boolean {
  const [file = '', ...args] = process.getuid?.() === 0 ? command : ['sudo', '-n', ...command]
  return spawnSync(file, args, { stdio: 'ignore' }).status === 0
}
