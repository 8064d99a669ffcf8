import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { installed, need } from '../../support/tools.ts'

/*
 * The scripts of `completion` in the real shells. Each line of a user gets what a shell offers.
 */

const program = 'gunicorn-prometheus-exporter'
const cli = join(import.meta.dirname, '../../../dist/cli.cjs')

/** What stands on the line before TAB, and the word that the shell finds. */
const rows: readonly (readonly [line: string, found: string])[] = [
  ['se', 'serve'],
  ['help che', 'check'],
  ['completion z', 'zsh'],
  ['run --log-le', '--log-level'],
  ['run --log-level d', 'debug'],
  ['run --reload-strategy one', 'one-by-one'],
  ['run --workers 2 -p pid --log-le', '--log-level'],
  ['run app.js /etc/passw', '/etc/passwd'],
  ['top -w r', 'routes'],
  ['top --sort repo', 'report'],
  ['serve --config /etc/passw', '/etc/passwd'],
]

/** The words behind FILE belong to the application. */
const ofApplication: readonly (readonly [line: string, option: string])[] = [
  ['run app.js --log-le', '--log-level'],
  ['run app.js --log-level deb', 'debug'],
  ['run -w 2 -p pid app.js a --log-le', '--log-level'],
  ['run app.js top --sor', '--sort'],
]

interface Shell {
  /** @returns what the shell makes of the line, or offers for the line. */
  readonly complete: (path: string, script: string, line: string) => string
}

const shells: Readonly<Record<string, Shell>> = {
  bash: {
    complete(path, script, line) {
      const words = [program, ...line.split(' ')]
      const text = `. ${script}
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        compopt() { :; }
        _gunicorn_prometheus_exporter
        printf '%s\\n' "\${COMPREPLY[@]}"`
      return run(path, ['--norc', '-c', text, 'bash', ...words])
    },
  },
  zsh: {
    complete(path, script, line) {
      const output = terminalOfZsh(path, script, line)
      const [, completed = output] = /^LINE: (.*?)\r?$/m.exec(output) ?? []
      return completed.split(' ').join('\n')
    },
  },
  fish: {
    complete(path, script, line) {
      const text = `source ${script}; complete -C ${JSON.stringify(`${program} ${line}`)}`
      return run(path, ['-N', '-c', text])
    },
  },
}

for (const [name, { complete }] of Object.entries(shells)) {
  describe(`The script for ${name} completes`, () => {
    for (const [line, found] of rows) {
      test(line, async (context) => {
        const path = need(context, installed(name, ['--version']))
        if (path === undefined) return
        const words = complete(path, await scriptOf(context, name), line)
          .split('\n')
          .map((each) => each.split('\t')[0])
        assert.ok(words.includes(found), words.join('\n'))
      })
    }

    for (const [line, option] of ofApplication) {
      test(`no option of the command in ${line}`, async (context) => {
        const path = need(context, installed(name, ['--version']))
        if (path === undefined) return
        const words = complete(path, await scriptOf(context, name), line)
        assert.ok(!words.includes(option), words)
      })
    }

    test('no files where a value is a word', async (context) => {
      const path = need(context, installed(name, ['--version']))
      if (path === undefined) return
      const words = complete(path, await scriptOf(context, name), 'run --log-level /etc/passw')
      assert.doesNotMatch(words, /passwd/)
    })
  })
}

test('The script for bash knows the words that bash makes of a value', async (context) => {
  const path = need(context, installed('bash', ['--version']))
  if (path === undefined) return
  const script = await scriptOf(context, 'bash')
  for (const [line, found] of [
    ['run --log-level = deb', /^debug$/m],
    ['run --statsd-host = a : 80 --log-le', /^--log-level$/m],
    ['run -e A = B --log-le', /^--log-level$/m],
    ['run --log-level = debug app.js --log-le', /^$/],
  ] as const) {
    assert.match(shells['bash']?.complete(path, script, line).trim() ?? '', found, line)
  }
})

test('The script for zsh takes a placeholder with a colon for a text', async (context) => {
  const path = need(context, installed('zsh', ['--version']))
  if (path === undefined) return
  const script = await scriptOf(context, 'zsh')
  assert.match(readFileSync(script, 'utf8'), /HOST\\:PORT/)
  assert.doesNotMatch(terminalOfZsh(path, script, 'run --statsd-host=a'), /not found/)
})

test('The command prints its help beside the name of a shell, too', () => {
  const help = run(process.execPath, [cli, 'completion', '--help'])
  assert.match(help, /^Usage: /)
  assert.equal(run(process.execPath, [cli, 'completion', 'bash', '--help']), help)
})

/** @returns all that a terminal shows after TAB behind the line, and then `LINE: ` and the line. */
function terminalOfZsh(path: string, script: string, line: string): string {
  const text = `zmodload zsh/zpty
    zpty z zsh -f -i
    zpty -w z "PS1=; autoload -Uz compinit; compinit -u -D; unset zle_bracketed_paste
      source ${script}; bindkey '^I' complete-word; print REA\\"\\"DY"
    zpty -r -m z chunk '*READY*'
    zpty -n -w z "${program} $1"$'\\t'
    zpty -n -w z $'\\x01'"print LINE: "$'\\n'"print DO\\"\\"NE"$'\\n'
    zpty -r -m z out '*DONE*'
    print -r -- "$out"
    zpty -d z`
  return run(path, ['-f', '-c', text, 'zsh', line])
}

async function scriptOf(context: TestContext, shell: string): Promise<string> {
  const file = join(await temporaryDirectory(context), 'script')
  writeFileSync(file, run(process.execPath, [cli, 'completion', shell]))
  return file
}

function run(path: string, args: readonly string[]): string {
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent', TERM: 'dumb' }
  return execFileSync(path, args, { encoding: 'utf8', env, timeout: 60_000 })
}
