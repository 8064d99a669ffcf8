import { type App, endGroup, eventually, fetchText, startProgram } from './app.ts'

export type Server = Pick<App, 'child' | 'stdout' | 'stderr' | 'ended' | 'stop'>

export interface ServerOptions {
  readonly command: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Answers 200 when the server is up. */
  readonly healthUrl: string
}

/** Starts a server of another project. Resolves when it responds; rejects with its output. */
export async function startServer({
  command,
  env = {},
  healthUrl,
}: ServerOptions): Promise<Server> {
  const program = startProgram(command, env)
  const { child, stderr, ended } = program
  const stop = async (): Promise<void> => {
    endGroup(child)
    await ended
  }
  try {
    const isUp = await eventually(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return false
      await fetchText(healthUrl)
      return true
    }, 60_000)
    if (!isUp) throw new Error(`${command.join(' ')} ended: ${stderr()}`)
  } catch (error) {
    await stop()
    throw error
  }
  return { ...program, stop }
}
