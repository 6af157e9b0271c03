// How long the live stream waits for what. Milliseconds, but for `PATIENCE`.
export const HELLO_TIMEOUT = 10_000
export const SILENCE = 60_000
/** A beat is overdue: enough to open another socket for somebody who is looking again. */
export const DOUBTFUL = 40_000
export const HIDDEN_FOR = 300_000
export const SCARCE_HIDDEN_FOR = 10_000
export const FIRST_WINDOW = 2_000
export const WIDEST_WINDOW = 10_000
/** So many failures does a window bear before it doubles: a server that is started anew is away for two seconds or three. */
export const PATIENCE = 3
/** No window that the server names is wider. */
export const MOST_NAMED = 300_000
/** A connection that lived this long was no failure. */
export const SETTLED = 5_000
/** Between two looks at the clock. */
export const TICK = 5_000
/** A timer that comes so late to a page that is shown comes after a sleep: browsers slow down the timers of hidden pages only. */
export const SLEPT = 10_000
