import assert from 'node:assert/strict'
import { ruleFiles } from '../prometheus/shipped-rules.ts'

/** A minute of the shipped rules is two and a half seconds of a test. */
export const timeFactor = 24

/**
 * Thresholds of the shipped rules that are times of the rules themselves: five minutes since the
 * start of a worker, and four hours ahead. They shrink with the windows. Times of the exporter
 * stay: ages of reports, delays, response times and certificates.
 */
const timeThresholds: readonly (readonly [text: RegExp, scaled: string])[] = [
  [/(?<=uptime_seconds\)?) > 300/g, ` > ${300 / timeFactor}`],
  [/4 \* 3600/g, `4 * ${3_600 / timeFactor}`],
]

/** The shipped rule files with shorter windows and waits. */
export async function scaledRules(): Promise<Record<string, string>> {
  const files = Object.entries(await ruleFiles())
  const all = files.map(([, text]) => text).join('')
  for (const [pattern] of timeThresholds) assert.match(all, pattern)
  return Object.fromEntries(files.map(([name, text]) => [name, scaled(text)]))
}

function scaled(text: string): string {
  const times = text
    .replace(/(?<=\[)\w+(?=\])/g, scaledTime)
    .replace(/(?<=\boffset )\d\w*/g, scaledTime)
    .replace(/(?<=^ *(?:for|interval): )\w+$/gm, scaledTime)
  return timeThresholds.reduce((before, [pattern, by]) => before.replace(pattern, by), times)
}

/** A time of Prometheus, such as `5m`, as milliseconds of a test. */
function scaledTime(time: string): string {
  const [, number, unit = ''] = /^(\d+)([smhd])$/.exec(time) ?? []
  const seconds = { s: 1, m: 60, h: 3_600, d: 86_400 }[unit]
  assert.ok(seconds !== undefined, `${time} is no time`)
  return `${(Number(number) * seconds * 1_000) / timeFactor}ms`
}
