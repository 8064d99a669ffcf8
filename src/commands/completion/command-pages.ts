import { checkPage } from '../check/check.ts'
import { ctlPage } from '../ctl/ctl-options.ts'
import { doctorPage } from '../doctor/doctor-options.ts'
import type { CommandPage } from '../line/command-page.ts'
import { runPage } from '../run/run-options.ts'
import { servePage } from '../serve/serve-options.ts'
import { topPage } from '../top/top-options.ts'
import { completionPage } from './completion-page.ts'

/** The pages of all commands, in the order of the usage. */
export const commandPages: readonly CommandPage[] = [
  runPage,
  servePage,
  checkPage,
  ctlPage,
  doctorPage,
  topPage,
  completionPage,
]
