import assert from 'node:assert/strict'
import { eventually, freePort, nodeUnderTest, startProgram } from './app.ts'
import { command } from './master.ts'

interface ShownFinding {
  readonly check: string
  readonly id: string | null
  readonly level: string
  readonly lookedAt: string
  readonly found: string
  readonly remedy: string | null
  readonly page: string | null
}

/** What `doctor --json` has printed. */
export interface Examination {
  readonly code: number | null
  readonly summary: Readonly<Record<string, number>>
  readonly findings: readonly ShownFinding[]
  /** The whole output. */
  readonly text: string
}

export interface DoctorOptions {
  /** Arguments beside `--json`. */
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** A command that takes node and its arguments. */
  readonly through?: readonly string[]
}

/** Runs the built command to its end. */
export async function examine({
  args = [],
  env = {},
  cwd,
  through = [],
}: DoctorOptions): Promise<Examination> {
  const line = [...through, nodeUnderTest, command, 'doctor', '--json', '--timeout', '60', ...args]
  // Another program can have the default port.
  const port = String(await freePort())
  const program = startProgram(line, { PROMETHEUS_METRICS_PORT: port, ...env }, cwd)
  const { code } = await program.ended
  const text = `${program.stdout()}${program.stderr()}`
  assert.equal(program.stderr(), '', text)
  return { code, text, ...JSON.parse(program.stdout()) }
}

/** The finding with this name. Waits: a set-up can fail a moment later. */
export async function finds(options: DoctorOptions, id: string): Promise<ShownFinding> {
  return await eventually(async () => {
    const { findings, code, text } = await examine(options)
    const found = findings.find((each) => each.id === id)
    assert.ok(found, `no ${id}: ${text}`)
    assert.ok(found.remedy, 'a finding names its remedy')
    assert.equal(code, findings.some(({ level }) => level === 'problem') ? 1 : 0)
    return found
  }, 60_000)
}

/** Waits until nothing is wrong: no problem and no warning. */
export async function findsNothing(options: DoctorOptions): Promise<Examination> {
  return await eventually(async () => {
    const examination = await examine(options)
    const wrong = examination.findings.filter(({ level }) => /problem|warning/.test(level))
    assert.deepEqual(wrong, [])
    assert.equal(examination.code, 0)
    return examination
  }, 60_000)
}
