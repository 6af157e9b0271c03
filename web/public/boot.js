// Before the first paint: the remembered theme, so that no tab flashes in the wrong one.
try {
  const theme = localStorage.getItem('atelier:theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
  const language = localStorage.getItem('atelier:language') || navigator.language
  const isFrench = language.startsWith('fr')
  document.documentElement.lang = isFrench ? 'fr' : 'en'
  // The words of the installed app come from a file of their own.
  if (isFrench) document.querySelector('link[rel=manifest]').href = '/manifest.fr.webmanifest'
} catch {
  // Storage is forbidden here; the page starts in the system's theme.
}
