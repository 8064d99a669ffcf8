import { dirname } from 'node:path'
import { compileFunction } from 'node:vm'

interface Program {
  /** The name of the program's file in stacks. */
  readonly path: string
  readonly load: NodeJS.Require
}

/** Runs the text of a CommonJS module as Node.js would run its file. @returns its exports. */
export function compiledProgram(text: string, { path, load }: Program): unknown {
  const names = ['exports', 'require', 'module', '__filename', '__dirname']
  const run = compileFunction(text, names, { filename: path })
  const module = { exports: {} }
  run(module.exports, load, module, path, dirname(path))
  return module.exports
}
