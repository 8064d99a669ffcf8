import { hasKubectl, helmModule, kustomizeModule } from '../test/support/deploy/programs.ts'
import { builtByGo } from '../test/support/go-tool.ts'
import { prometheusModule } from '../test/support/tools.ts'

/*
 * Builds the programs of other projects that tests need, once, into the user's cache. `.ci/run`
 * does so before the tests, because tests run side by side and have a limit of time.
 */
const modules = [prometheusModule, helmModule, ...(hasKubectl() ? [] : [kustomizeModule])]
for (const module of modules) {
  const directory = builtByGo(module)
  if (directory === undefined) throw new Error(`Go cannot build ${module.name} ${module.version}.`)
  process.stdout.write(`${directory}\n`)
}
