import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Finding } from '../../../src/commands/doctor/catalog/finding.ts'
import type { PageFacts } from '../../../src/commands/doctor/facts/page-facts.ts'
import type { ProcessView } from '../../../src/commands/doctor/facts/process-view.ts'
import type { Reply } from '../../../src/commands/doctor/facts/question.ts'
import { version } from '../../../src/model/version.ts'

type Expected = readonly (string | null)[]

/** Compares the names of the findings; a level for findings without a name. No word is missing. */
function assertFound(findings: readonly Finding[], expected: Expected): void {
  assert.deepEqual(
    findings.map(({ id, level }) => id ?? level),
    expected,
  )
  for (const { remedy } of findings) assert.doesNotMatch(remedy ?? '', /\{(?!gunicorn\})\w+\}/)
}

/** One test for each row. */
export function table<Given>(
  title: string,
  judge: (given: Given) => readonly Finding[],
  rows: readonly (readonly [name: string, given: Given, expected: Expected])[],
): void {
  describe(title, () => {
    for (const [name, given, expected] of rows) {
      test(`finds ${expected.join(', ')} for ${name}`, () => assertFound(judge(given), expected))
    }
  })
}

export function answer(status: number, body = '', headers: Record<string, string> = {}): Reply {
  return { kind: 'answer', status, headers, body, certificate: undefined }
}

export const refusedReply: Reply = { kind: 'failure', code: 'ECONNREFUSED', text: 'refused' }
export const exporter: Extract<PageFacts['kind'], { kind: 'exporter' }> = {
  kind: 'exporter',
  version,
  status: {},
}

export function pageFacts(parts: Partial<PageFacts> = {}): PageFacts {
  return { page: answer(200), open: answer(200), kind: exporter, ...parts }
}

export function processView(parts: Partial<ProcessView> = {}): ProcessView {
  const command = ['node', 'app.js']
  const known = { environment: {}, program: '/usr/bin/node', directory: '/srv' }
  return { pid: 10, parent: 1, uid: 0, gid: 0, groups: [], command, ...known, ...parts }
}

/** The flags of a process with the preload. */
export const preloaded: readonly string[] = [
  'node',
  '-r',
  'gunicorn-prometheus-exporter/register',
  'app.js',
]
