import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { hold } from '../../support/programs/hanging.ts'
import { get } from '../../support/programs/load.ts'
import { type Master, startMaster } from '../../support/programs/master.ts'
import { startTop } from '../../support/top/run-top.ts'
import type { TerminalOptions, TestTerminal } from '../../support/top/tmux.ts'

/* `top` in a real terminal, against a real cluster. */

interface Watched {
  readonly master: Master
  readonly terminal: TestTerminal
  /** Waits until a line of the screen matches. */
  readonly shows: (pattern: RegExp) => Promise<void>
}

async function watched(
  context: TestContext,
  options: Omit<TerminalOptions, 'command'> & { readonly args?: readonly string[] } = {},
): Promise<Watched | undefined> {
  const master = await startMaster({
    ...{ file: 'run/watched.cjs', options: ['-w', '2', '-t', '300'] },
    env: { GUNICORN_HANG_STACKS: '1' },
  })
  context.after(() => master.stop())
  await master.serving(2)
  for (let count = 0; count < 20; count += 1) await get(master.port, '/items')
  const args = [`http://127.0.0.1:${master.metricsPort}`, '-d', '0.5', ...(options.args ?? [])]
  const terminal = startTop(context, args, options)
  if (terminal === undefined) return undefined
  const shows = async (pattern: RegExp): Promise<void> => {
    await eventually(() => {
      const lines = terminal.screen()
      assert.ok(
        lines.some((line) => pattern.test(line)),
        `${pattern}\n${lines.join('\n')}`,
      )
    }, 60_000)
  }
  await shows(/^running +worker_/)
  return { master, terminal, shows }
}

for (const [columns, lines] of [
  [80, 24],
  [160, 45],
] as const) {
  test(`top of ${columns} × ${lines} shows workers, routes, deaths and a hang`, async (context) => {
    const started = await watched(context, { columns, lines })
    if (started === undefined) return
    const { master, terminal, shows } = started
    assert.deepEqual(terminal.modes(), { isAlternate: true, hasCursor: false })
    const screen = terminal.screen()
    assert.equal(screen.length, lines)
    assert.match(screen[1] ?? '', /^Workers {2}2 of 2 live, 2 taking requests$/)
    assert.match(screen.at(-1) ?? '', /^ q quit {2}h help/)
    terminal.press('2')
    await shows(/^GET +\/items /)
    await get(master.port, '/die').catch(() => {})
    terminal.press('3')
    await shows(/ crashed +worker_\d.*RangeErr/)
    terminal.press('Enter')
    await shows(/^message +no such order/)
    terminal.press('Escape')
    await shows(/^ENDED AT/)
    terminal.press('1')
    void hold(master.port, '/hang')
    await shows(/^HANGING /)
    await shows(/^Workers {2}1 HANGING, /)
    // The hanging worker is the first row below the heads, and red.
    const all = terminal.screen()
    const heads = all.findIndex((line) => line.startsWith('STATE'))
    assert.match(all[heads + 1] ?? '', /^HANGING /)
    assert.ok(isColoured(terminal.colours(), '31'))
    terminal.press('Enter')
    await shows(/held by +holdTheLoop \(.*(?:\n.*)?watched\.cjs:/)
    await shows(/^ {2}at .*holdTheLoop/)
  })
}

function isColoured(screen: string, code: string): boolean {
  return new RegExp(`\u{1b}\\[(?:[\\d;]*;)?${code}[;m]`, 'u').test(screen)
}

describe('Keys of top', () => {
  test('filter, sort, pause, select and help', async (context) => {
    const started = await watched(context)
    if (started === undefined) return
    const { terminal, shows } = started
    terminal.press('/', 'w', 'o', 'r', 'k', 'e', 'r', '_', '2')
    await shows(/^Filter: worker_2_$/)
    terminal.press('Enter')
    await shows(/^Filter: worker_2\. Esc ends the filter\./)
    assert.ok(!terminal.screen().some((line) => /^running +worker_1/.test(line)))
    terminal.press('Escape')
    await shows(/^running +worker_1/)
    terminal.press('s')
    await shows(/^STATE +WORKER▲/)
    terminal.press('r')
    await shows(/^STATE +WORKER▼/)
    terminal.press('p')
    await shows(/^PAUSED/)
    terminal.press('p', '?')
    await shows(/^Keys$/)
    terminal.press('q')
    await shows(/^STATE/)
    terminal.press('Tab')
    await shows(/^METHOD/)
  })

  test('q and Ctrl-C end top, and the terminal is as before', async (context) => {
    for (const key of ['q', 'C-c']) {
      const started = await watched(context)
      if (started === undefined) return
      const { terminal, shows } = started
      terminal.press(key)
      await shows(/^END 0$/)
      await shows(/^icanon$/)
      assert.deepEqual(terminal.modes(), { isAlternate: false, hasCursor: true })
    }
  })
})

test('top draws anew at once after another size', async (context) => {
  const started = await watched(context)
  if (started === undefined) return
  const { terminal, shows } = started
  for (const [columns, lines] of [
    [130, 30],
    [44, 12],
    [20, 5],
    [100, 24],
  ] as const) {
    terminal.resize(columns, lines)
    await eventually(() => assert.equal(terminal.screen().length, lines))
    await shows(/^running/)
    assert.ok(terminal.screen().every((line) => line.length <= columns))
  }
})

test('top goes on when the exporter ends and comes back', async (context) => {
  const started = await watched(context)
  if (started === undefined) return
  const { master, terminal, shows } = started
  await master.stop()
  await shows(/^NO ANSWER Figures are .* old, next attempt in \d+ s\. Nothing listens/)
  await shows(/^running +worker_/)
  const next = await startMaster({
    ...{ file: 'run/watched.cjs', options: ['-w', '3'] },
    env: { PROMETHEUS_METRICS_PORT: String(master.metricsPort) },
  })
  context.after(() => next.stop())
  await shows(/^Workers {2}3 of 3 live/)
  assert.ok(!terminal.screen().some((line) => line.startsWith('NO ANSWER')))
})

test('A hostile route name changes no screen', async (context) => {
  const started = await watched(context, { columns: 120, lines: 24 })
  if (started === undefined) return
  const { master, terminal, shows } = started
  // More requests than of the other route, so that this route is the first and the selected row.
  for (let count = 0; count < 60; count += 1) await get(master.port, '/hostile')
  terminal.press('2')
  await shows(/^GET +\/\\u\{1b\}\[2J\\u\{1b\}\]0;title/)
  assert.match(terminal.screen()[1] ?? '', /^Workers/)
  assert.match(terminal.screen().at(-1) ?? '', /^ q quit/)
  terminal.press('Enter')
  await shows(/^route +\/\\u\{1b\}\[2J\\u\{1b\}\]0;title\\u\{7\}\\u\{202e\}\/東京\/e\u0301\u0301$/)
})

test('top has ASCII only, and no colours, where the terminal has neither', async (context) => {
  const env = { LANG: 'C', LC_ALL: 'C', NO_COLOR: '1' }
  const started = await watched(context, { env })
  if (started === undefined) return
  const { terminal, shows } = started
  await shows(/^STATE\^/)
  assert.doesNotMatch(terminal.screen().join(''), /[^\x20-\x7e]/)
  assert.equal(isColoured(terminal.colours(), '[34][0-7]'), false)
})
