/* The titles of the tests of the matrix. `npm run test:frameworks` makes its table of them. */

export interface Cell {
  readonly framework: string
  readonly version: string
  readonly form: string
}

const suiteEnd = ' in a cluster with the exporter'
const testStart = 'shows its routes and errors: '

export function suiteTitle(framework: string): string {
  return `${framework}${suiteEnd}`
}

export function testTitle({ version, form }: Omit<Cell, 'framework'>): string {
  return `${testStart}${version}, ${form}`
}

/** @returns undefined for the title of another suite. */
export function frameworkOf(title: string): string | undefined {
  return title.endsWith(suiteEnd) ? title.slice(0, -suiteEnd.length) : undefined
}

/** @returns undefined for the title of another test. */
export function versionAndForm(title: string): Omit<Cell, 'framework'> | undefined {
  const end = title.indexOf(', ')
  if (!title.startsWith(testStart) || end < 0) return undefined
  return { version: title.slice(testStart.length, end), form: title.slice(end + 2) }
}

/** One subtest of each cell, in the order of the columns of the table. */
export const columns = {
  routes: 'the routes are right',
  errors: 'the errors are right',
  'counts and sizes': 'counts and sizes are those that were sent',
  unchanged: 'responses, stdout and exit code stay the same',
} as const
