// The HTTP door. Every answer is either the shape that was asked for or a `Refused` with a code from the contract.
import { clock, elapsed, sample } from './clock'
import { ERROR_CODES } from './contract.gen'
import type {
  Archive,
  ErrorCode,
  GenerationRequest,
  Image,
  ImageChanges,
  ImageEdit,
  ImagePage,
  Images,
  LedgerPage,
  Me,
  ProblemDetails,
  Project,
  ProjectPage,
  Purged,
  Queue,
  QueueRetry,
  QueueScope,
  ReadMark,
  RestoredProject,
  Spending,
  Unread,
  Workspace,
} from './contract.gen'
import type { CapFigures } from './money'

/** A refusal's code, or `unreachable`: nobody answered in time. */
export type RefusalCode = ErrorCode | 'unreachable'

/** `retryAfter` is in seconds; `field` names the member that is wrong; `money` comes with a cap that was reached. */
export class Refused extends Error {
  constructor(
    readonly code: RefusalCode,
    readonly detail: string = '',
    readonly retryAfter: number | null = null,
    readonly field: string | null = null,
    readonly limit: number | null = null,
    readonly money: CapFigures | null = null,
  ) {
    super(`${code}: ${detail}`)
  }
}

const TIMEOUT = 30_000
export const PAGE_SIZE = 60
/** So many pictures a request may name. */
export const MOST_AT_ONCE = 500
export const LEDGER_PAGE = 30

interface Asked {
  body?: unknown
  key?: string
}

export async function ask<T>(method: string, path: string, { body, key }: Asked = {}): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (key) headers['idempotency-key'] = key
  const answer = await reach(path, {
    method,
    headers,
    body: body === undefined ? null : JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT),
  })
  const arrivedAt = elapsed()
  const text = await answer.text().catch(() => {
    throw new Refused('unreachable')
  })
  if (!answer.ok) throw refusal(answer.status, text, answer.headers.get('retry-after'))
  const told = parse<T & { now?: unknown }>(text)
  // Something else answered in the server's place, as the page of a hotel's network does.
  if (told === null && text) throw new Refused('unreachable')
  if (typeof told?.now === 'string') sample(clock, told.now, arrivedAt)
  return told as T
}

async function reach(path: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(path, request)
  } catch {
    throw new Refused('unreachable')
  }
}

/** What a body that is not 2xx says, however little that is. */
export function refusal(status: number, body: string, retryAfter: string | null): Refused {
  const problem = parse<Partial<ProblemDetails>>(body)
  const wait = problem?.retry_after ?? (retryAfter ? Number(retryAfter) : null)
  const told = problem?.code
  const code = told && ERROR_CODES.includes(told) ? told : codeOf(status)
  return new Refused(code, problem?.detail ?? '', wait, problem?.field ?? null, problem?.limit ?? null, figures(problem))
}

function figures(problem: Partial<ProblemDetails> | null): CapFigures | null {
  const { cap_usd: cap, spent_usd: spent, cost_usd: cost } = problem ?? {}
  return cap == null || spent == null || cost == null ? null : { cap, spent, cost }
}

function parse<T>(body: string): T | null {
  try {
    return JSON.parse(body) as T
  } catch {
    return null
  }
}

function codeOf(status: number): RefusalCode {
  if (status === 401) return 'not_signed_in'
  if (status === 404) return 'not_found'
  if (status === 413) return 'too_large'
  if (status === 429) return 'rate_limited'
  return status >= 502 ? 'unavailable' : 'internal'
}

export const signIn = (token: string) => ask<unknown>('POST', '/api/sessions', { body: { token } })
export const signOut = () => ask<unknown>('DELETE', '/api/sessions/current')
export const fetchMe = () => ask<Me>('GET', '/api/me')

export const fetchProjects = () => ask<ProjectPage>('GET', '/api/projects')
export const makeProject = (name: string, key: string) => ask<Project>('POST', '/api/projects', { body: { name }, key })
export const renameProject = (id: string, name: string) => ask<Project>('PATCH', `/api/projects/${id}`, { body: { name } })
export const deleteProject = (id: string) => ask<Project | undefined>('DELETE', `/api/projects/${id}`)
export const restoreProject = (id: string) => ask<RestoredProject>('POST', `/api/projects/${id}/restore`)

export function fetchImages(project: string, cursor: string | null): Promise<ImagePage> {
  const query = new URLSearchParams({ limit: String(PAGE_SIZE) })
  if (cursor) query.set('cursor', cursor)
  return ask<ImagePage>('GET', `/api/projects/${project}/images?${query}`)
}

export function fetchTrash(cursor: string | null, limit = PAGE_SIZE): Promise<ImagePage> {
  const query = new URLSearchParams({ limit: String(limit) })
  if (cursor) query.set('cursor', cursor)
  return ask<ImagePage>('GET', `/api/trash?${query}`)
}

export const fetchUnread = () => ask<Unread>('GET', '/api/unread')
export const markRead = (project: string, seenAt: string) =>
  ask<ReadMark>('PUT', `/api/projects/${project}/read-mark`, { body: { seen_at: seenAt } })

export const requestImages = (project: string, wish: GenerationRequest, key: string) =>
  ask<Images>('POST', `/api/projects/${project}/generations`, { body: wish, key })

export const fetchImage = (id: string) => ask<Image>('GET', `/api/images/${id}`)
export const editImage = (id: string, edit: ImageEdit) => ask<Image>('PATCH', `/api/images/${id}`, { body: edit })
export const trashImage = (id: string) => ask<Image>('DELETE', `/api/images/${id}`)
export const restoreImage = (id: string) => ask<Image>('POST', `/api/images/${id}/restore`)
export const cancelImage = (id: string) => ask<Image>('POST', `/api/images/${id}/cancel`)
export const retryImage = (id: string, key: string) => ask<Image>('POST', `/api/images/${id}/retry`, { key })

export const changeImages = (changes: ImageChanges) => ask<Images>('POST', '/api/images/changes', { body: changes })
export const purgeImages = (ids: string[]) => ask<Purged>('POST', '/api/trash/purge', { body: { ids } })
export const makeArchive = (ids: string[]) => ask<Archive>('POST', '/api/images/archive', { body: { ids } })

export const fetchQueue = () => ask<Queue>('GET', '/api/queue')
export const pauseQueue = () => ask<Queue>('POST', '/api/queue/pause')
export const resumeQueue = () => ask<Queue>('POST', '/api/queue/resume')
export const orderQueue = (ids: readonly string[]) => ask<Queue>('POST', '/api/queue/order', { body: { ids } })
export const cancelQueued = (which: QueueScope) => ask<Images>('POST', '/api/queue/cancel', { body: which })
export const retryFailed = (which: QueueRetry, key: string) => ask<Images>('POST', '/api/queue/retry', { body: which, key })

export const fetchSpending = () => ask<Spending>('GET', '/api/spending')
export const setCap = (usd: number | null) => ask<Workspace>('PATCH', '/api/workspace', { body: { daily_cap_usd: usd } })

export function fetchLedger(cursor: string | null): Promise<LedgerPage> {
  const query = new URLSearchParams({ limit: String(LEDGER_PAGE) })
  if (cursor) query.set('cursor', cursor)
  return ask<LedgerPage>('GET', `/api/ledger?${query}`)
}

export type RenditionName = 'original' | 'preview' | 'thumb'

/** Where a stored file is, or null as long as it is not. The address changes with the bytes, so it may be kept for ever. */
export function fileUrl(image: Image, name: RenditionName): string | null {
  const rendition = image.renditions[name]
  return rendition ? `/api/images/${image.id}/file/${name}?v=${rendition.sha256.slice(0, 16)}` : null
}

export const downloadUrl = (image: Image): string | null => {
  const url = fileUrl(image, 'original')
  return url && `${url}&download=1`
}
