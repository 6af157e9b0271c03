// The words of the notices in the language that was chosen. A table of its own: few ever open them, and all load the other.
import { computed } from '@preact/signals'
import { language, type Language } from '../preferences'
import { notices as en } from './en-notices'
import { notices as fr } from './fr-notices'

export const NOTICES: Record<Language, typeof en> = { en, fr }

export const n = computed(() => NOTICES[language.value])
