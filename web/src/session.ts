// Who is signed in, and whether the page knows enough to draw.
import { computed, signal } from '@preact/signals'
import type { Me, Model } from './contract.gen'

/** `loading`: not known yet. `unreachable`: nobody answers. `closed`: the page has to be loaded again. */
export type Phase = 'loading' | 'signed-out' | 'unreachable' | 'ready'

export const phase = signal<Phase>('loading')
export const me = signal<Me | null>(null)

/** The link that brought the person here had been used, or was too old. */
export const linkExpired = signal(false)

export const models = computed<readonly Model[]>(() => me.value?.models ?? [])

export const modelOf = (id: string | null): Model | undefined => models.value.find((model) => model.id === id)

/** A viewer looks and does not touch. */
export const mayWrite = computed(() => me.value !== null && me.value.workspace.role !== 'viewer')
