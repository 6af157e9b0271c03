// Whether to ask, once, if somebody wants to be told elsewhere: after the first wish, and never again after any answer.
import { computed, signal } from '@preact/signals'
import { hasWished } from '../generate'
import { recall, remember } from '../preferences'
import { isOn, standing } from './this-device'

const KEY = 'atelier:offered'
const isAnswered = signal(recall(KEY) !== null)

export const mayOffer = computed(() => {
  const isPossible = standing.value === 'ask' || standing.value === 'granted'
  return hasWished.value && !isAnswered.value && isPossible && !isOn.value
})

export function answerOffer(): void {
  isAnswered.value = true
  remember(KEY, 'yes')
}

addEventListener('storage', ({ key }) => {
  if (key === KEY) isAnswered.value = recall(KEY) !== null
})
