// The words of the queue and of money.
import { plural } from './plural'

const some = plural('en')

export const waitingAndMoney = {
  queue: {
    title: 'Queue',
    waiting: (count: number) => some(count, { one: '# waiting', other: '# waiting' }),
    running: (count: number) => some(count, { one: '# running', other: '# running' }),
    paused: 'Paused',
    pause: 'Pause',
    resume: 'Resume',
    others: 'The numbers count the pictures of all workspaces.',
    empty: 'Nothing waits.',
    emptyPaused: 'Nothing waits. New pictures will, until the workspace is resumed.',
    forInputs: (count: number) =>
      some(count, { one: '# waits for a picture that it is made from.', other: '# wait for pictures that they are made from.' }),
    unknown: 'A picture',
    toFront: 'To the front',
    up: 'Earlier',
    down: 'Later',
    moved: (place: number) => `Now no. ${place} in this list.`,
    cancelBatch: (count: number) => some(count, { one: 'Cancel # of this request', other: 'Cancel all # of this request' }),
    cancelMine: 'Cancel all mine',
    more: (count: number) => some(count, { one: 'Show # more', other: 'Show # more' }),
    beyond: (count: number) => some(count, { one: 'And # more.', other: 'And # more.' }),
    free: 'What waits is canceled free of charge.',
    confirmBatch: (count: number) => some(count, { one: 'Cancel # picture?', other: 'Cancel # pictures?' }),
    confirmMine: 'Cancel all that you asked for?',
    freeCount: (count: number) =>
      some(count, { one: '# still waits: that is free.', other: '# still wait: that is free.' }),
    lateCount: (count: number) =>
      some(count, {
        one: '# is at NanoBanana already and will still be charged',
        other: '# are at NanoBanana already and will still be charged',
      }),
    lateMine: 'What NanoBanana already has will still be charged.',
    confirmYes: 'Cancel them',
    confirmNo: 'Keep them',
    canceled: (count: number) => some(count, { one: '# canceled, free of charge.', other: '# canceled, free of charge.' }),
    canceledLate: (count: number) =>
      some(count, { one: '# canceled that will still be charged.', other: '# canceled that will still be charged.' }),
    canceledNone: 'There was nothing of yours to cancel.',
  },
  notice: {
    rate_limited: 'NanoBanana asks for a pause.',
    maintenance: 'NanoBanana is under maintenance.',
    unreachable: 'NanoBanana cannot be reached.',
    out_of_credits: 'NanoBanana has no credits left.',
    bad_key: 'NanoBanana does not accept the key.',
    held: 'The operator has stopped all generation for now.',
    paused: 'Paused by one of you.',
    wait: (count: number) => some(count, { one: '# picture waits.', other: '# pictures wait.' }),
    none: 'New pictures will wait.',
    safe: 'Nothing is lost.',
    topUp: 'The operator has to top up.',
    newKey: 'The operator has to set one that works.',
    until: (time: string) => `It goes on at ${time}`,
    nextTry: (time: string) => `Next try at ${time}`,
    trying: 'It is being tried again.',
  },
  retryAll: {
    failed: (count: number) => some(count, { one: '# picture failed.', other: '# pictures failed.' }),
    button: (count: number, older: boolean) => `Retry all failed (${count}${older ? '+' : ''})`,
    older: 'Older pictures, which are not loaded here, are treated alike.',
    title: (count: number) => some(count, { one: 'Try # picture again?', other: 'Try # pictures again?' }),
    free: (count: number) =>
      some(count, { one: '# failed without being paid for.', other: '# failed without being paid for.' }),
    charged: (count: number) =>
      some(count, {
        one: 'Also the one that may have been paid for already, and may be charged again',
        other: 'Also the # that may have been paid for already, and may be charged again',
      }),
    onlyCharged: (count: number) =>
      some(count, {
        one: 'It may have been paid for already, and may be charged again.',
        other: 'All of them may have been paid for already, and may be charged again.',
      }),
    yes: (count: number, older: boolean) => `Try ${count}${older ? '+' : ''} again`,
    no: 'Not now',
  },
  money: {
    title: 'Spending',
    today: 'Today',
    month: 'This month',
    reserved: 'Reserved',
    reservedWhy: 'For pictures that are not finished yet',
    ofCap: (committed: string, cap: string) => `${committed} of ${cap} today`,
    ofCapWhy: 'With what is reserved. A new day begins at midnight UTC.',
    cap: 'Daily limit',
    capNone: 'No limit',
    capSet: 'Save',
    capClear: 'Remove the limit',
    capWrong: 'Type an amount such as 5.00.',
    capOwners: 'Only owners can change it.',
    capReached: (spent: string, cap: string, cost: string) =>
      `The limit for today is ${cap}: ${spent} is spent or on its way, and this costs ${cost}.`,
    balance: 'NanoBanana’s balance',
    credits: (count: number) => some(count, { one: '# credit', other: '# credits' }),
    readAt: (time: string) => `read ${time}`,
    driftMore: (amount: string) => `The balance fell by ${amount} more than is written here.`,
    driftLess: (amount: string) => `The balance fell by ${amount} less than is written here.`,
    ledger: 'What was charged',
    ledgerNone: 'Nothing was charged yet.',
    attempt: (number: number) => some(number, { one: 'try #', other: 'try #' }),
    older: 'Show older',
    trouble: 'This could not be loaded.',
  },
}
