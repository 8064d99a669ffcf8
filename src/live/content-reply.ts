import { gzipSync } from 'node:zlib'
import type { LiveReply } from '../endpoint/live-content.ts'
import { liveLimits } from '../limits/tools/live.ts'

/** A response with this text, compressed at most once. */
export function contentReply(text: string, contentType: string): LiveReply {
  const bytes = Buffer.from(text)
  let gzipped: Buffer | undefined
  return {
    kind: 'content',
    contentType,
    bytes,
    gzipped() {
      gzipped ??= gzipSync(bytes, { level: 1 })
      return gzipped
    },
  }
}

/** The first lines, each of them whole. */
export function boundedLines(lines: string): string {
  if (lines.length <= liveLimits.metricChars) return lines
  const end = lines.lastIndexOf('\n', liveLimits.metricChars) + 1
  return `${lines.slice(0, end)}# The page has more lines. /metrics has all lines.\n`
}
