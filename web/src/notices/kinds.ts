// The kinds of notices that a person may choose.
import type { NoticeChoices } from '../contract.gen'

export type NoticeKind = NoticeChoices['on'][number]

export const KINDS = ['ready', 'failed', 'batch', 'credits_low'] as const satisfies readonly NoticeKind[]
