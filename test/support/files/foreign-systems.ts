import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/** Calls the function on a system without user ids, such as Windows. */
export function withoutUserIds<Result>(act: () => Result): Result {
  const { getuid, getgid } = process
  Reflect.set(process, 'getuid', undefined)
  Reflect.set(process, 'getgid', undefined)
  try {
    return act()
  } finally {
    Reflect.set(process, 'getuid', getuid)
    Reflect.set(process, 'getgid', getgid)
  }
}

/** Calls the function on a system without /proc, such as macOS. */
export function withoutProc<Result>(act: () => Result): Result {
  const { existsSync } = fs
  fs.existsSync = (path) => !String(path).startsWith('/proc/') && existsSync(path)
  syncBuiltinESMExports()
  try {
    return act()
  } finally {
    fs.existsSync = existsSync
    syncBuiltinESMExports()
  }
}
