/** The words for one and for several; every language also has its own idea of which is which. */
export interface Forms {
  one: string
  other: string
}

/** Chooses the form for `count` by the rules of `locale` and puts the number where `#` stands. */
export function plural(locale: string): (count: number, forms: Forms) => string {
  const rules = new Intl.PluralRules(locale)
  const numbers = new Intl.NumberFormat(locale)
  return (count, forms) => {
    const form = rules.select(count) === 'one' ? forms.one : forms.other
    return form.replace('#', numbers.format(count))
  }
}
