/** Below this nothing has room beside anything else: a phone, or a small window. The sheets of `style/` say the same. */
export const NARROW = '(max-width: 860px)'
