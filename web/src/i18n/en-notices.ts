// The words of the notices; they come with that part of the page.
import { plural } from './plural'

const some = plural('en')

export const notices = {
  panel: {
    empty: 'Nothing yet',
    emptyWhy: 'What becomes of your pictures is listed here.',
    markAll: 'Mark all as read',
    settings: 'Settings',
    back: 'Back to the notices',
    trouble: 'The notices could not be loaded.',
    unread: 'Not seen yet',
    allRead: 'All is marked as read.',
    list: 'What became of your pictures',
    pictures: (count: number) => some(count, { one: '# picture', other: '# pictures' }),
  },
  offer: {
    ask: 'Tell me when it is ready',
    why: 'Also when this tab is not in front.',
    no: 'No, thanks',
    done: 'You will be told when it is ready.',
  },
  device: {
    title: 'On this device',
    tell: 'Tell me when it is ready',
    why: 'When this tab is not in front, or closed.',
    onlyOpen: 'No push service can be reached from here, so you are told only as long as a tab is open.',
    insecure: 'This address is not secure. Open Atelier by https, and it can tell you here.',
    install: 'First add Atelier to the home screen: Share, then “Add to Home Screen”. Then open it from there.',
    unsupported: 'This browser cannot tell you anything while you look elsewhere.',
    denied: 'This browser was told to let nothing through.',
    undo: {
      chromium: 'To undo that, click the sign at the left of the address, then allow notifications.',
      firefox: 'To undo that, click the lock at the left of the address, then remove the block of notifications.',
      safari: 'To undo that, open the settings, then Websites, then Notifications, and allow this address.',
    },
    dismissed: 'You can switch it on here at any time.',
  },
  kinds: {
    title: 'What to tell',
    why: 'On all your devices, while you look elsewhere. Messages on this page stay.',
    ready: 'A picture is ready',
    failed: 'A picture failed',
    batch: 'All pictures of a request have ended',
    credits_low: 'The credits are used up',
  },
  projects: {
    title: 'Projects',
    why: 'Nothing is told of those that are switched off.',
  },
  devices: {
    title: 'Devices',
    none: 'No device is told yet.',
    here: 'this one',
    last: (date: string) => `Last told ${date}`,
    never: 'Not told anything yet',
    refused: 'Its push service refuses what is sent.',
    unreachable: 'Its push service cannot be reached.',
    test: 'Send one now',
    tested: 'Sent. It should be there in a few seconds.',
    remove: 'Remove this device',
    more: 'What this device is told',
    name: 'Name of the device',
  },
  sound: {
    title: 'A short sound',
    why: 'In this browser, when something is told.',
  },
  app: {
    title: 'Install Atelier as an app',
    why: 'With a window and a sign of its own.',
    button: 'Install',
  },
}
