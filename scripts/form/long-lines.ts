import { isCode, isMarkdown, type TextFile } from './paths.ts'

export interface LongLine {
  readonly path: string
  readonly line: number
  readonly columns: number
}

/** Columns that a line may have. */
export const lineLimits = { code: 100, markdown: 120 } as const

/**
 * Lines over the limit. Markdown cannot break the row of a table or a sample of a page, so such a
 * line is never too long. Nothing can break a URL, so a line may end with a URL that begins before
 * the limit.
 */
export function longLines({ path, text }: TextFile): LongLine[] {
  const limit = limitFor(path)
  return text.split('\n').flatMap((content, index) => {
    const columns = [...content].length
    return columns > limit && canBreak(path, content, limit)
      ? [{ path, line: index + 1, columns }]
      : []
  })
}

function limitFor(path: string): number {
  if (isMarkdown(path)) return lineLimits.markdown
  return isCode(path) ? lineLimits.code : Number.POSITIVE_INFINITY
}

function canBreak(path: string, content: string, limit: number): boolean {
  if (isMarkdown(path) && /^(?:\s*\||[a-z_]+\{.*\} \S+$)/.test(content)) return false
  const url = content.search(/\S*:\/\/\S*$/)
  return url < 0 || url >= limit
}
