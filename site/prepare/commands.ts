import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { WrittenPage } from './api.ts'
import { withFrontmatter } from './markdown.ts'

/** The reference of the command line: what each command prints with `--help`. */
export function commandsPage(root: string): WrittenPage {
  const program = join(root, 'dist/cli.cjs')
  if (!existsSync(program)) throw new Error('Build the package first: npm run build.')
  const help = helpOf(program, [])
  const names = commandsOf(help)
  if (names.length < 6) throw new Error(`--help lists ${names.length} commands only.`)
  const sections = names.map((name) => `## ${name}\n\n${block(helpOf(program, [name]))}`)
  const title = 'Command line'
  const fields = {
    title,
    description: 'Commands of gunicorn-prometheus-exporter and their options.',
  }
  const start = 'The package has one program. Start it with `npx`:\n\n'
  const example = '```sh\nnpx gunicorn-prometheus-exporter check --json\n```\n'
  const body = [start + example, block(help), ...sections].join('\n\n')
  return { address: 'cli', title, text: withFrontmatter(fields, body) }
}

/** Commands with options, in the order of the help. */
export function commandsOf(help: string): string[] {
  return Array.from(help.matchAll(/^ {2}([a-z]+) \[options\]/gm), ([, name = '']) => name)
}

function helpOf(program: string, command: readonly string[]): string {
  return execFileSync(process.execPath, [program, ...command, '--help'], { encoding: 'utf8' })
}

function block(text: string): string {
  return `\`\`\`text\n${text.trim()}\n\`\`\``
}
