import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, type TestContext, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { startMaster } from '../../support/programs/master.ts'
import { startTop, topWords } from '../../support/top/run-top.ts'
import { startTerminal, type TestTerminal } from '../../support/top/tmux.ts'

/* Each end of `top` gives the terminal back. */

async function metricsUrl(context: TestContext): Promise<string> {
  const master = await startMaster({ file: 'run/watched.cjs', options: ['-w', '1'] })
  context.after(() => master.stop())
  await master.serving(1)
  return `http://127.0.0.1:${master.metricsPort}`
}

async function shows(terminal: TestTerminal, pattern: RegExp): Promise<void> {
  await eventually(() => {
    const lines = terminal.screen()
    assert.ok(
      lines.some((line) => pattern.test(line)),
      `${pattern}\n${lines.join('\n')}`,
    )
  }, 60_000)
}

/** The pid of `top` below the terminal's shell. */
function pidOfTop(terminal: TestTerminal): number {
  const shell = terminal.pid()
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const found = pids.find((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      return Number(stat.split(') ')[1]?.split(' ')[1]) === shell && line.includes('\0top\0')
    } catch {
      return false
    }
  })
  assert.ok(found, 'top was not found')
  return Number(found)
}

describe('The terminal is restored', () => {
  for (const [signal, status] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGQUIT', 131],
  ] as const) {
    test(`after ${signal}`, async (context) => {
      const terminal = startTop(context, [await metricsUrl(context)])
      if (terminal === undefined) return
      await shows(terminal, /^running/)
      process.kill(pidOfTop(terminal), signal)
      await shows(terminal, new RegExp(`^END ${status}$`))
      await shows(terminal, /^icanon$/)
      assert.deepEqual(terminal.modes(), { isAlternate: false, hasCursor: true })
    })
  }

  test('while Ctrl-Z stops top, and top comes back with fg', async (context) => {
    const url = await metricsUrl(context)
    const terminal = startTerminal(context, { command: 'PS1="ready> " exec bash --norc -i' })
    if (terminal === undefined) return
    await shows(terminal, /^ready>/)
    terminal.press(topWords([url]), 'Enter')
    await shows(terminal, /^running/)
    for (let round = 0; round < 2; round += 1) {
      terminal.press('C-z')
      await shows(terminal, /Stopped/)
      assert.deepEqual(terminal.modes(), { isAlternate: false, hasCursor: true })
      terminal.press('clear; stty -a | grep -o "[-]*icanon"', 'Enter')
      await shows(terminal, /^icanon$/)
      terminal.press('clear; fg', 'Enter')
      await shows(terminal, /^running/)
      assert.deepEqual(terminal.modes(), { isAlternate: true, hasCursor: false })
    }
    terminal.press('q')
    await shows(terminal, /^ready>/)
  })

  test('after SIGTSTP and SIGCONT of another process', async (context) => {
    const url = await metricsUrl(context)
    const terminal = startTerminal(context, { command: 'PS1="ready> " exec bash --norc -i' })
    if (terminal === undefined) return
    await shows(terminal, /^ready>/)
    terminal.press(topWords([url]), 'Enter')
    await shows(terminal, /^running/)
    process.kill(pidOfTop(terminal), 'SIGTSTP')
    await shows(terminal, /Stopped/)
    assert.deepEqual(terminal.modes(), { isAlternate: false, hasCursor: true })
    terminal.press('fg', 'Enter')
    await shows(terminal, /^running/)
    terminal.press('q')
    await shows(terminal, /^ready>/)
  })

  test('where top has an error of its own', async (context) => {
    const url = await metricsUrl(context)
    // The program cannot fail on purpose: a preloaded file throws in its event loop.
    const fault = `data:text/javascript,setTimeout(()=>{throw new Error('a fault')},4000)`
    const terminal = startTop(context, [url], { env: { NODE_OPTIONS: `--import "${fault}"` } })
    if (terminal === undefined) return
    await shows(terminal, /^running/)
    await shows(terminal, /Error: a fault/)
    await shows(terminal, /^END [1-9]/)
    await shows(terminal, /^icanon$/)
    assert.deepEqual(terminal.modes(), { isAlternate: false, hasCursor: true })
  })
})
