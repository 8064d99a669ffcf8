import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'

interface Place {
  /** The folder that the links may not leave. */
  readonly root: string
  /** Path of the Markdown file below `root`. */
  readonly document: string
}

/** Returns `document: target` for each relative link that leads to no file or to no heading. */
export async function brokenLinks({ root, document }: Place): Promise<string[]> {
  const text = withoutCode(await readFile(join(root, document), 'utf8'))
  const targets = Array.from(text.matchAll(/\]\(([^()\s]+)\)/g), ([, target = '']) => target)
  const relative = targets.filter((target) => !/^[a-z]+:/.test(target))
  const works = await Promise.all(relative.map((target) => leads({ root, document }, target)))
  return relative.filter((_, index) => !works[index]).map((target) => `${document}: ${target}`)
}

async function leads({ root, document }: Place, target: string): Promise<boolean> {
  const [path = '', heading] = target.split('#')
  const file = path === '' ? document : normalize(join(dirname(document), path))
  if (file.startsWith('..') || !existsSync(join(root, file))) return false
  if (heading === undefined) return true
  return headingsOf(await readFile(join(root, file), 'utf8')).includes(heading)
}

/** The anchors of a document's headings, as public hosts make them. */
export function headingsOf(text: string): string[] {
  const headings = withoutFences(text).matchAll(/^#{1,6} +(.+)$/gm)
  const slugs = Array.from(headings, ([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{Letter}\p{Number}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )
  return slugs.map((slug, index) => {
    const before = slugs.slice(0, index).filter((other) => other === slug).length
    return before === 0 ? slug : `${slug}-${before}`
  })
}

function withoutCode(text: string): string {
  return withoutFences(text).replace(/`[^`\n]+`/g, '')
}

function withoutFences(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, '')
}
