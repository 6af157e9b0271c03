import type { unread as english } from './en-unread'
import { plural } from './plural'

const some = plural('fr')

export const unread: typeof english = {
  unread: {
    isNew: 'Nouvelle',
    count: (count) => some(count, { one: '# nouvelle image', other: '# nouvelles images' }),
  },
  renewal: {
    isThere: 'Une nouvelle version est là.',
  },
  bell: {
    title: 'Avis',
  },
}
