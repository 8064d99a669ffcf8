import { execFileSync } from 'node:child_process'
import { nodeUnderTest } from './app.ts'

const nodeVersion = execFileSync(nodeUnderTest, ['--version'], { encoding: 'utf8' })

/** Whether the Node under test is the given release or a later one. */
export function isNode(oldest: string): boolean {
  const [major = 0, minor = 0] = nodeVersion.slice(1).split('.').map(Number)
  const [leastMajor = 0, leastMinor = 0] = oldest.split('.').map(Number)
  return major > leastMajor || (major === leastMajor && minor >= leastMinor)
}
