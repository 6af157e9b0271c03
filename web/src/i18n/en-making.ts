// The words of the form and of the card's life.
import { plural } from './plural'

const some = plural('en')

export const makingPictures = {
  making: {
    again: 'The same once more',
    againFor: (price: string) => `The same once more, ${price}`,
    againAsked: 'Asked for once more.',
    toTop: 'Show',
    attachHow: 'Where the pictures come from',
    camera: 'Take a photo',
    choose: 'Choose pictures',
    input: (place: number, count: number) => `Input ${place} of ${count}`,
    inputKeys: 'Drag it, or use the arrow keys, to move it; Delete removes it.',
    inputMoved: (place: number, count: number) => `Now input ${place} of ${count}.`,
    inputsOf: (count: number, most: number) => `${count} of ${most} inputs`,
    inputsOver: (most: number) => some(most, { one: 'The model takes # input at most. Remove the others.', other: 'The model takes # inputs at most. Remove the others.' }),
    promptLeft: (left: string) => `${left} left`,
    asking: 'Asking…',
    cancelFree: 'Cancel, free of charge',
    cancelMaybe: 'Cancel; it may still be charged',
    cancelLate: 'Cancel; it will still be charged',
    free: 'Free',
    maybe: 'May be charged',
    late: 'Will be charged',
    maybePaid: 'It may have been paid for.',
    canceledFree: 'Canceled, free of charge.',
    asked: (count: number) => some(count, { one: '# picture asked for.', other: '# pictures asked for.' }),
  },
}
