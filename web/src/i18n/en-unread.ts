// The words of what is new: pictures, and the page itself.
import { plural } from './plural'

const some = plural('en')

export const unread = {
  unread: {
    isNew: 'New',
    count: (count: number) => some(count, { one: '# new picture', other: '# new pictures' }),
  },
  renewal: {
    isThere: 'A new version is there.',
  },
  bell: {
    title: 'Notices',
  },
}
