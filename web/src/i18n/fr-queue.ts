import type { waitingAndMoney as english } from './en-queue'
import { plural } from './plural'

const some = plural('fr')

export const waitingAndMoney: typeof english = {
  queue: {
    title: 'File d’attente',
    waiting: (count) => some(count, { one: '# en attente', other: '# en attente' }),
    running: (count) => some(count, { one: '# en cours', other: '# en cours' }),
    paused: 'En pause',
    pause: 'Suspendre',
    resume: 'Reprendre',
    others: 'Les numéros comptent les images de tous les espaces.',
    empty: 'Rien n’attend.',
    emptyPaused: 'Rien n’attend. Les nouvelles images attendront la reprise de l’espace.',
    forInputs: (count) =>
      some(count, { one: '# attend une image dont elle part.', other: '# attendent des images dont elles partent.' }),
    unknown: 'Une image',
    toFront: 'En premier',
    up: 'Plus tôt',
    down: 'Plus tard',
    moved: (place) => `À présent n°${place} de cette liste.`,
    cancelBatch: (count) =>
      some(count, { one: 'Annuler # image de cette demande', other: 'Annuler les # de cette demande' }),
    cancelMine: 'Annuler toutes les miennes',
    more: (count) => some(count, { one: 'Afficher # de plus', other: 'Afficher # de plus' }),
    beyond: (count) => some(count, { one: 'Et # autre.', other: 'Et # autres.' }),
    free: 'Annuler ce qui attend est gratuit.',
    confirmBatch: (count) => some(count, { one: 'Annuler # image ?', other: 'Annuler # images ?' }),
    confirmMine: 'Annuler tout ce que vous avez demandé ?',
    freeCount: (count) =>
      some(count, { one: '# attend encore : c’est gratuit.', other: '# attendent encore : c’est gratuit.' }),
    lateCount: (count) =>
      some(count, {
        one: '# est déjà chez NanoBanana et sera facturée',
        other: '# sont déjà chez NanoBanana et seront facturées',
      }),
    lateMine: 'Ce que NanoBanana a déjà reçu sera facturé.',
    confirmYes: 'Les annuler',
    confirmNo: 'Les garder',
    canceled: (count) => some(count, { one: '# annulée, sans frais.', other: '# annulées, sans frais.' }),
    canceledLate: (count) =>
      some(count, { one: '# annulée, qui sera tout de même facturée.', other: '# annulées, qui seront tout de même facturées.' }),
    canceledNone: 'Il n’y avait rien à vous à annuler.',
  },
  notice: {
    rate_limited: 'NanoBanana demande une pause.',
    maintenance: 'NanoBanana est en maintenance.',
    unreachable: 'NanoBanana est injoignable.',
    out_of_credits: 'NanoBanana n’a plus de crédits.',
    bad_key: 'NanoBanana refuse la clé.',
    held: 'L’administrateur a suspendu toutes les générations.',
    paused: 'Mis en pause par l’un de vous.',
    wait: (count) => some(count, { one: '# image attend.', other: '# images attendent.' }),
    none: 'Les nouvelles images attendront.',
    safe: 'Rien n’est perdu.',
    topUp: 'L’administrateur doit recharger le compte.',
    newKey: 'L’administrateur doit en fournir une qui fonctionne.',
    until: (time) => `Reprise à ${time}`,
    nextTry: (time) => `Prochain essai à ${time}`,
    trying: 'Nouvel essai en cours.',
  },
  retryAll: {
    failed: (count) => some(count, { one: '# image a échoué.', other: '# images ont échoué.' }),
    button: (count, older) => `Réessayer les échecs (${count}${older ? '+' : ''})`,
    older: 'Les images plus anciennes, qui ne sont pas chargées ici, suivent la même règle.',
    title: (count) => some(count, { one: 'Réessayer # image ?', other: 'Réessayer # images ?' }),
    free: (count) =>
      some(count, { one: '# a échoué sans être payée.', other: '# ont échoué sans être payées.' }),
    charged: (count) =>
      some(count, {
        one: 'Aussi celle qui a peut-être été payée, et qui peut l’être une seconde fois',
        other: 'Aussi les # qui ont peut-être été payées, et qui peuvent l’être une seconde fois',
      }),
    onlyCharged: (count) =>
      some(count, {
        one: 'Elle a peut-être été payée, et peut l’être une seconde fois.',
        other: 'Toutes ont peut-être été payées, et peuvent l’être une seconde fois.',
      }),
    yes: (count, older) => `Réessayer (${count}${older ? '+' : ''})`,
    no: 'Pas maintenant',
  },
  money: {
    title: 'Dépenses',
    today: 'Aujourd’hui',
    month: 'Ce mois-ci',
    reserved: 'Réservé',
    reservedWhy: 'Pour les images qui ne sont pas terminées',
    ofCap: (committed, cap) => `${committed} sur ${cap} aujourd’hui`,
    ofCapWhy: 'Réservations comprises. Une nouvelle journée commence à minuit UTC.',
    cap: 'Limite par jour',
    capNone: 'Sans limite',
    capSet: 'Enregistrer',
    capClear: 'Retirer la limite',
    capWrong: 'Indiquez un montant, par exemple 5,00.',
    capOwners: 'Seuls les propriétaires peuvent la changer.',
    capReached: (spent, cap, cost) =>
      `La limite du jour est de ${cap} : ${spent} sont dépensés ou engagés, et ceci coûte ${cost}.`,
    balance: 'Solde chez NanoBanana',
    credits: (count) => some(count, { one: '# crédit', other: '# crédits' }),
    readAt: (time) => `relevé le ${time}`,
    driftMore: (amount) => `Le solde a baissé de ${amount} de plus que ce qui est inscrit ici.`,
    driftLess: (amount) => `Le solde a baissé de ${amount} de moins que ce qui est inscrit ici.`,
    ledger: 'Ce qui a été facturé',
    ledgerNone: 'Rien n’a encore été facturé.',
    attempt: (number) => some(number, { one: 'essai #', other: 'essai #' }),
    older: 'Afficher plus ancien',
    trouble: 'Ceci n’a pas pu être chargé.',
  },
}
