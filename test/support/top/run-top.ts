import { nodeUnderTest, startProgram } from '../programs/app.ts'
import type { Belongings } from '../programs/belongings.ts'
import { command } from '../programs/master.ts'
import { quotedWords, startTerminal, type TerminalOptions, type TestTerminal } from './tmux.ts'

export interface TopEnd {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `top` in a pipe until its end. */
export async function runTop(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<TopEnd> {
  const variables = { LANG: 'C.UTF-8', ...env }
  const { ended, stdout, stderr } = startProgram(
    [nodeUnderTest, command, 'top', ...args],
    variables,
  )
  const { code } = await ended
  return { code, stdout: stdout(), stderr: stderr() }
}

/** Starts `top` in a terminal. The shell then prints `END`, the exit code, and its own settings. */
export function startTop(
  context: Belongings,
  args: readonly string[],
  options: Omit<TerminalOptions, 'command'> = {},
): TestTerminal | undefined {
  const words = quotedWords([nodeUnderTest, command, 'top', ...args])
  const after = `echo "END $?"; stty -a | grep -o '[-]*icanon'; sleep 1000`
  return startTerminal(context, { ...options, command: `${words}; ${after}` })
}

/** The words of a command line of `top`, for a shell. */
export function topWords(args: readonly string[]): string {
  return quotedWords([nodeUnderTest, command, 'top', ...args])
}
