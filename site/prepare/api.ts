import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rewriteLinks } from './links.ts'
import { withFrontmatter } from './markdown.ts'

/** A page that no document of the repository has. */
export interface WrittenPage {
  readonly address: string
  readonly title: string
  readonly text: string
}

interface ApiEntry {
  /** Name that a program imports. */
  readonly name: string
  readonly address: string
}

const packageName = 'gunicorn-prometheus-exporter'

/** Entries of the package by the file that TypeDoc writes for their source. */
const entries: ReadonlyMap<string, ApiEntry> = new Map([
  ['index.md', { name: packageName, address: 'api' }],
  ['commands/run/run-master.md', { name: `${packageName}/run`, address: 'api/run' }],
  ['master/drains/on-drain.md', { name: `${packageName}/drain`, address: 'api/drain' }],
  ['master/warm-up/on-warm-up.md', { name: `${packageName}/warm-up`, address: 'api/warm-up' }],
])

/** Pages from what TypeDoc wrote into the folder. Throws when an entry is missing or new. */
export function apiPages(folder: string, base: string): WrittenPage[] {
  const files = globSync('**/*.md', { cwd: folder }).filter((file) => file !== 'modules.md')
  const unknown = files.filter((file) => !entries.has(file))
  if (unknown.length > 0) throw new Error(`site/prepare/api.ts lacks ${unknown.join(', ')}.`)
  const pageOf = (path: string) => entries.get(path)?.address
  return Array.from(entries, ([path, { name, address }]) => {
    const written = readFileSync(join(folder, path), 'utf8').replace(/^# .*\n/, '')
    const body = rewriteLinks(written, { path, base, pageOf, sourceOf: () => undefined })
    const title = heading(name)
    const fields = { title, description: `Functions and types of ${name}.` }
    return { address, title, text: withFrontmatter(fields, importOf(name, body) + body) }
  })
}

function heading(name: string): string {
  return name === packageName ? 'API' : `API: ${name.slice(packageName.length + 1)}`
}

/** How a program imports the functions and classes of the entry. */
function importOf(name: string, body: string): string {
  const parts = body.split(/^## /m).filter((part) => /^(Classes|Functions|Variables)\n/.test(part))
  const names = parts.flatMap((part) =>
    Array.from(part.matchAll(/^### (\w+)/gm), ([, each]) => each),
  )
  const listed = names.map((each) => `\n  ${each},`).join('')
  const imported = names.length > 3 ? `{${listed}\n}` : `{ ${names.join(', ')} }`
  return `\`\`\`ts\nimport ${imported} from '${name}'\n\`\`\`\n`
}
