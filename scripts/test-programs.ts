import { composeChecker } from '../test/support/compose/compose-file.ts'
import { hasKubectl, helmModule, kustomizeModule } from '../test/support/deploy/programs.ts'
import { builtByGo } from '../test/support/go-tool.ts'
import { imageTools } from '../test/support/images/image.ts'
import { prepareStore } from '../test/support/images/image-store.ts'
import { prometheusModule } from '../test/support/tools.ts'

/*
 * Builds the programs of other projects and the base of the images that tests need, once, into the
 * user's cache. `.ci/run` does so before the tests, because tests run side by side and have a limit
 * of time.
 */
const modules = [prometheusModule, helmModule, ...(hasKubectl() ? [] : [kustomizeModule])]
for (const module of modules) {
  const directory = builtByGo(module)
  if (directory === undefined) throw new Error(`Go cannot build ${module.name} ${module.version}.`)
  process.stdout.write(`${directory}\n`)
}
for (const tool of [composeChecker(), imageTools()]) {
  if ('missing' in tool) throw new Error(tool.missing)
  process.stdout.write(`${tool.path}\n`)
}
const left = prepareStore()
process.stdout.write(
  left === undefined ? 'The images are ready.\n' : `Left in the store: ${left}\n`,
)
