import { judgeAnswers } from '../../../../src/commands/doctor/checks/authentication.ts'
import type { PageFacts } from '../../../../src/commands/doctor/facts/page-facts.ts'
import { answer, pageFacts, refusedReply, table } from '../../../support/doctor/judgements.ts'

table(
  'The check of the authentication',
  ([given, hasSecret]: readonly [PageFacts, boolean]) =>
    judgeAnswers(given, { hasSecret, lookedAt: 'page' }),
  [
    ['free access', [pageFacts(), false], ['ok']],
    ['right credentials', [pageFacts({ open: answer(401) }), true], ['ok']],
    ['wrong credentials', [pageFacts({ page: answer(401) }), true], ['credentials-refused']],
    ['no credentials', [pageFacts({ page: answer(401) }), false], ['credentials-missing']],
    ['unused credentials', [pageFacts(), true], ['credentials-unused']],
    [
      'a client certificate',
      [pageFacts({ page: answer(403) }), false],
      ['client-certificate-needed'],
    ],
    ['no answer', [pageFacts({ page: refusedReply }), false], ['skipped']],
  ],
)
