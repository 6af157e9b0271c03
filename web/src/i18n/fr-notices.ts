import type { notices as english } from './en-notices'
import { plural } from './plural'

const some = plural('fr')

export const notices: typeof english = {
  panel: {
    empty: 'Rien pour l’instant',
    emptyWhy: 'Ce que deviennent vos images s’affiche ici.',
    markAll: 'Tout marquer comme vu',
    settings: 'Réglages',
    back: 'Revenir aux avis',
    trouble: 'Les avis n’ont pas pu être chargés.',
    unread: 'Pas encore vu',
    allRead: 'Tout est marqué comme vu.',
    list: 'Ce que sont devenues vos images',
    pictures: (count) => some(count, { one: '# image', other: '# images' }),
  },
  offer: {
    ask: 'Me prévenir quand c’est prêt',
    why: 'Même si cet onglet n’est pas devant.',
    no: 'Non, merci',
    done: 'Vous serez prévenu quand ce sera prêt.',
  },
  device: {
    title: 'Sur cet appareil',
    tell: 'Me prévenir quand c’est prêt',
    why: 'Quand cet onglet n’est pas devant, ou fermé.',
    onlyOpen: 'Aucun service push n’est joignable d’ici : vous n’êtes prévenu que tant qu’un onglet est ouvert.',
    insecure: 'Cette adresse n’est pas sûre. Ouvrez Atelier en https, et il pourra vous prévenir ici.',
    install: 'Ajoutez d’abord Atelier à l’écran d’accueil : Partager, puis « Sur l’écran d’accueil ». Puis ouvrez-le de là.',
    unsupported: 'Ce navigateur ne peut rien vous dire pendant que vous regardez ailleurs.',
    denied: 'Ce navigateur a pour consigne de ne rien laisser passer.',
    undo: {
      chromium: 'Pour l’annuler, cliquez sur le signe à gauche de l’adresse, puis autorisez les notifications.',
      firefox: 'Pour l’annuler, cliquez sur le cadenas à gauche de l’adresse, puis levez le blocage des notifications.',
      safari: 'Pour l’annuler, ouvrez les réglages, puis Sites web, puis Notifications, et autorisez cette adresse.',
    },
    dismissed: 'Vous pouvez l’activer ici à tout moment.',
  },
  kinds: {
    title: 'De quoi prévenir',
    why: 'Sur tous vos appareils, pendant que vous regardez ailleurs. Les messages de cette page restent.',
    ready: 'Une image est prête',
    failed: 'Une image a échoué',
    batch: 'Toutes les images d’une demande sont finies',
    credits_low: 'Les crédits sont épuisés',
  },
  projects: {
    title: 'Projets',
    why: 'Rien n’est dit de ceux qui sont désactivés.',
  },
  devices: {
    title: 'Appareils',
    none: 'Aucun appareil n’est prévenu.',
    here: 'celui-ci',
    last: (date) => `Prévenu le ${date}`,
    never: 'Jamais prévenu jusqu’ici',
    refused: 'Son service push refuse ce qui lui est envoyé.',
    unreachable: 'Son service push est injoignable.',
    test: 'Envoyer un essai',
    tested: 'Envoyé. Il devrait arriver dans quelques secondes.',
    remove: 'Retirer cet appareil',
    more: 'De quoi prévenir cet appareil',
    name: 'Nom de l’appareil',
  },
  sound: {
    title: 'Un son bref',
    why: 'Dans ce navigateur, quand quelque chose est annoncé.',
  },
  app: {
    title: 'Installer Atelier comme application',
    why: 'Avec une fenêtre et une icône à elle.',
    button: 'Installer',
  },
}
