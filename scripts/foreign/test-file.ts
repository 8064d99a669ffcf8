/** A test file of another project. */
export interface TestFile {
  /** Folder and file name. */
  readonly name: string
  /** Arguments of Node.js. */
  readonly args: readonly string[]
  /** Undefined: a new empty directory for each run. */
  readonly cwd?: string
  /** Nothing else may run beside the file. */
  readonly isSequential: boolean
}
