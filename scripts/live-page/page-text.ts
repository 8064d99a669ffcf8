import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { LivePage } from '../../src/endpoint/live-content.ts'

/*
 * Joins the sources of the live page to one document without outside requests: markup, styles, and
 * the script with the plotting library.
 */

const root = join(import.meta.dirname, '../..')
const sources = join(root, 'src/live-page')
const library = join(root, 'node_modules/uplot')

/** @param code the bundle of `src/live-page/page.ts`. */
export async function livePageText(code: string): Promise<LivePage> {
  const [markup, style, script] = await Promise.all([
    readFile(join(sources, 'page.html'), 'utf8'),
    styleText(),
    scriptText(code),
  ])
  // A function as replacement: the script contains `$&`.
  const html = markup.replace('/* style */', () => style).replace('/* script */', () => script)
  return {
    gzip: gzipSync(html, { level: 9 }).toString('base64'),
    tag: createHash('sha256').update(html).digest('base64url').slice(0, 22),
    policy: policyFor({ script, style }),
  }
}

async function styleText(): Promise<string> {
  const folder = join(sources, 'style')
  const own = (await readdir(folder)).sort().map((file) => join(folder, file))
  const files = [join(library, 'dist/uPlot.min.css'), ...own]
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  return texts
    .join('\n')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\s*\n\s*/g, '\n')
}

async function scriptText(code: string): Promise<string> {
  const licence = await readFile(join(library, 'LICENSE'), 'utf8')
  if (code.includes('</script')) throw new Error('The script ends its element too early.')
  return `/* uPlot: ${licence.trim()} */\n${code.trim()}`
}

function policyFor({ script, style }: { readonly script: string; readonly style: string }): string {
  return [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
