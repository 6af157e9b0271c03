// The one button beside each sentence. A code without an entry does not compile.
import type { RefusalCode } from './api'
import type { ProblemCode } from './contract.gen'

/**
 * `retry`: the same again. `edit`: back into the form. `sign-in`, `reload`: the page starts anew. `operator`: whoever runs the
 * server must act, and another try would fail alike. null: nothing helps but removing.
 */
export type Remedy = 'retry' | 'edit' | 'operator' | 'sign-in' | 'reload' | null

export const AFTER_REFUSAL: Record<RefusalCode, Remedy> = {
  invalid_request: 'edit',
  not_json: 'reload',
  not_signed_in: 'sign-in',
  link_expired: 'sign-in',
  forbidden_origin: 'reload',
  read_only: null,
  not_found: 'edit',
  wrong_state: 'edit',
  too_large: null,
  too_slow: 'retry',
  unsupported_picture: null,
  bad_picture: null,
  too_many_pixels: null,
  inputs_unreachable: 'edit',
  unsupported_option: 'edit',
  idempotency_key_reused: 'edit',
  rate_limited: 'retry',
  daily_cap_reached: 'edit',
  link_altered: null,
  endpoint_refused: null,
  too_many_devices: null,
  unavailable: 'retry',
  method_not_allowed: 'reload',
  internal: 'retry',
  unreachable: 'retry',
}

export const AFTER_PROBLEM: Record<ProblemCode, Remedy> = {
  bad_image: null,
  input_failed: 'edit',
  input_unreachable: 'retry',
  prompt_rejected: 'edit',
  request_rejected: 'edit',
  model_unavailable: 'edit',
  create_failed: 'retry',
  generation_failed: 'retry',
  provider_no_output: 'retry',
  task_unknown: 'retry',
  timed_out: 'retry',
  may_have_been_charged: 'retry',
  bad_result: 'retry',
  unsafe_result: 'operator',
  result_gone: 'retry',
  save_timed_out: 'retry',
  expired: 'retry',
}
