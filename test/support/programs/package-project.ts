import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fixtures } from './app.ts'

const root = join(import.meta.dirname, '../../..')

/** A project whose packages a test chooses. */
export interface PackageProject {
  /** `node_modules` of the project. */
  readonly modules: string
  /** `dist` of this package in the project. */
  readonly dist: string
  /** The application, `app.cjs`. */
  readonly app: string
}

/**
 * Makes a project with a copy of this package and the application `apps/single/single.cjs`.
 * @param packages names of the installed packages of `@opentelemetry`. Other packages are missing.
 */
export function makePackageProject(directory: string, packages: readonly string[]): PackageProject {
  const modules = join(directory, 'node_modules')
  const [dist, app] = [join(modules, 'exporter/dist'), join(directory, 'app.cjs')]
  cpSync(join(root, 'dist'), dist, { recursive: true })
  cpSync(join(fixtures, 'apps/single/single.cjs'), app)
  mkdirSync(join(modules, '@opentelemetry'))
  for (const name of packages) {
    const path = join('@opentelemetry', name)
    symlinkSync(join(root, 'node_modules', path), join(modules, path))
  }
  return { modules, dist, app }
}
