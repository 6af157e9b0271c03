// The words of what is new.
import { plural } from './plural'

const some = plural('en')

export const unread = {
  unread: {
    isNew: 'New',
    count: (count: number) => some(count, { one: '# new picture', other: '# new pictures' }),
  },
}
