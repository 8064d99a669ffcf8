import { spawnSync } from 'node:child_process'
import { shellQuoted } from '../../../src/model/text/shell-word.ts'
import { cleanEnvironment } from '../programs/app.ts'
import type { Belongings } from '../programs/belongings.ts'
import { need, tmux } from '../tools.ts'

/** A terminal of its own for one command, with the screen as text. */
export interface TestTerminal {
  /** The screen, line by line, without spaces at the ends. */
  readonly screen: () => string[]
  /** The screen with the escape sequences of colours. */
  readonly colours: () => string
  /** Presses keys, by tmux's names: `q`, `Enter`, `Escape`, `Down`. */
  readonly press: (...keys: readonly string[]) => void
  readonly resize: (columns: number, lines: number) => void
  /** Whether the command uses the alternate screen, and whether the cursor is visible. */
  readonly modes: () => { readonly isAlternate: boolean; readonly hasCursor: boolean }
  /** The pid of the shell of the command. */
  readonly pid: () => number
}

export interface TerminalOptions {
  /** For the shell. */
  readonly command: string
  readonly columns?: number
  readonly lines?: number
  readonly env?: Readonly<Record<string, string>>
}

/** The words as a command for the shell. */
export function quotedWords(words: readonly string[]): string {
  return words.map(shellQuoted).join(' ')
}

/** Without tmux, skips the test and returns undefined. The terminal goes away after the test. */
export function startTerminal(
  context: Belongings,
  { command, columns = 80, lines = 24, env = {} }: TerminalOptions,
): TestTerminal | undefined {
  const program = need(context, tmux())
  if (program === undefined) return undefined
  counter += 1
  const socket = `gpe-${process.pid}-${counter}`
  const variables = cleanEnvironment({ LANG: 'C.UTF-8', ...env })
  const run = (...args: readonly string[]): string => {
    const all = ['-L', socket, '-f', '/dev/null', '-u', ...args]
    const { status, stdout, stderr } = spawnSync(program, all, {
      ...{ env: variables, encoding: 'utf8', timeout: 60_000 },
    })
    if (status !== 0) throw new Error(`tmux ${args.join(' ')}: ${stderr}`)
    return stdout
  }
  context.after(() => void spawnSync(program, ['-L', socket, 'kill-server'], { env: variables }))
  run(
    'new-session',
    '-d',
    '-x',
    String(columns),
    '-y',
    String(lines),
    `sh -c ${quotedWords([command])}`,
  )
  const asked = (format: string): string => run('display-message', '-p', format).trim()
  return {
    screen: () => run('capture-pane', '-p').split('\n').slice(0, -1),
    colours: () => run('capture-pane', '-p', '-e'),
    press: (...keys) => void run('send-keys', ...keys),
    resize: (width, height) => {
      run('resize-window', '-x', String(width), '-y', String(height))
    },
    modes: () => {
      const [isAlternate, hasCursor] = asked('#{alternate_on} #{cursor_flag}').split(' ')
      return { isAlternate: isAlternate === '1', hasCursor: hasCursor === '1' }
    },
    pid: () => Number(asked('#{pane_pid}')),
  }
}

let counter = 0
