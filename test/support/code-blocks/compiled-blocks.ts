import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CodeBlock } from './code-block.ts'

const root = join(import.meta.dirname, '../../..')

/** As an editor checks JavaScript: unknown imports, exports and properties are errors. */
const compilerOptions = {
  ...{ allowJs: true, checkJs: true, noEmit: true, strict: true, skipLibCheck: true },
  ...{ module: 'nodenext', target: 'es2024', moduleDetection: 'force', types: ['node'] },
  // Documents show JavaScript, which names no types of parameters.
  ...{ noImplicitAny: false, useUnknownInCatchVariables: false },
}

/**
 * Compiles blocks of JavaScript and TypeScript with the types of this package and of the packages
 * that they import. A note `with:` above a block holds the declarations that the text around the
 * block gives.
 *
 * @returns the errors of the compiler, with the place of the block in front.
 */
export function compileErrors(blocks: readonly CodeBlock[]): string[] {
  // Inside the repository, so that imports find this package and the installed packages.
  const directory = mkdtempSync(join(root, '.code-blocks-'))
  try {
    const places = blocks.map((block, index) => written(directory, block, index))
    const config = { compilerOptions, include: ['**/*'] }
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config))
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const { status, stdout } = spawnSync(
      process.execPath,
      [compiler, '--project', directory, '--pretty', 'false'],
      { cwd: directory, encoding: 'utf8', timeout: 120_000 },
    )
    const lines = stdout.split('\n').filter((line) => line !== '')
    if (status !== 0 && lines.length === 0) throw new Error('The compiler wrote nothing.')
    return lines.map((line) => line.replace(/^block-(\d+)/, (_, index) => places[index] ?? ''))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** @returns the place of the block. */
function written(directory: string, block: CodeBlock, index: number): string {
  const folder = join(directory, `block-${index}`)
  mkdirSync(folder)
  const { file = `block.${extension(block)}`, with: given = '' } = block.notes
  // A document can name a file in a folder.
  writeFileSync(join(folder, file.replaceAll('/', '-')), `${given}\n${block.text}`)
  return block.place
}

function extension({ language, text }: CodeBlock): string {
  const kind = language === 'ts' ? 'ts' : 'js'
  return /^(?:import|export) /m.test(text) ? `m${kind}` : `c${kind}`
}
