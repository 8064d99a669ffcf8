/** Node.js then does not know its own path: `process.execPath` is the first word of the line. */
const script = 'mount -t tmpfs none /proc && cd "$1" && shift && exec -a node "$@"'

/** A command that starts a program without /proc. Needs root. */
export const withoutProc: readonly string[] = [
  'unshare',
  '--mount',
  ...['bash', '-c', script, 'bash', '/'],
]
