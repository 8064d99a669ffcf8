import { MergeRules } from '../../src/model/merging/merge-rules.ts'

/** Without rules of a user, as most clusters. */
export const usualRules: MergeRules = new MergeRules({ mergeRules: [], keepWorkerId: false })

/** Keeps the `worker_id` on all series. */
export const apartRules: MergeRules = new MergeRules({ mergeRules: [], keepWorkerId: true })
