// Before the first paint: the remembered theme, so that no tab flashes in the wrong one.
try {
  const theme = localStorage.getItem('atelier:theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
  const language = localStorage.getItem('atelier:language') || navigator.language
  document.documentElement.lang = language.startsWith('fr') ? 'fr' : 'en'
} catch {
  // Storage is forbidden here; the page starts in the system's theme.
}
