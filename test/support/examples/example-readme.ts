import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parsePage, type Sample } from '../prometheus/page.ts'

export const examples: string = join(import.meta.dirname, '../../../examples')

/** What the README of an example tells its reader to do, and to see. */
export interface ExampleReadme {
  readonly start: string
  /** Commands that send one request each. */
  readonly requests: readonly string[]
  /** The command that prints the output. */
  readonly show: string
  /** The samples that the last command prints. */
  readonly output: readonly Sample[]
  /** Lines of the log, if the README shows any. */
  readonly log: readonly string[]
  /** The command that runs the same program in two workers, if the example has one. */
  readonly workers: string | undefined
  /** Blocks of commands beside those above. */
  readonly others: readonly string[]
}

export function readmeOf(name: string): ExampleReadme {
  const text = readFileSync(join(examples, name, 'README.md'), 'utf8')
  const [start = '', ...blocks] = blocksAfter(text, '```sh\n')
  const [requests = '', ...more] = blocks.filter((block) => block.includes('\nsleep '))
  if (more.length > 0) throw new RangeError(`${name}/README.md has several blocks of requests.`)
  const commands = requests.trimEnd().split('\n')
  const [output = ''] = blocksAfter(text, '<!-- output -->\n```\n')
  const [log = ''] = blocksAfter(text, '<!-- log -->\n```\n')
  return {
    start: start.trim(),
    requests: commands.slice(0, -2),
    show: commands.at(-1) ?? '',
    output: parsePage(output),
    log: log.split('\n').filter((line) => line !== ''),
    workers: /`(npm run workers)`/.exec(text)?.[1],
    others: blocks.filter((block) => block !== requests).map((block) => block.trim()),
  }
}

function blocksAfter(text: string, mark: string): string[] {
  const [, ...rest] = text.split(mark)
  return rest.map((block) => block.slice(0, block.indexOf('```')))
}
