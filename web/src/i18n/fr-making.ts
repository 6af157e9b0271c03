// Les mots du formulaire et de la vie d’une image.
import type { makingPictures as english } from './en-making'
import { plural } from './plural'

const some = plural('fr')

export const makingPictures: typeof english = {
  making: {
    again: 'La même, encore une fois',
    againFor: (price) => `La même, encore une fois, ${price}`,
    againAsked: 'Demandée encore une fois.',
    toTop: 'Voir',
    attachHow: 'D’où viennent les images',
    camera: 'Prendre une photo',
    choose: 'Choisir des images',
    input: (place, count) => `Entrée ${place} sur ${count}`,
    inputKeys: 'Glissez-la ou utilisez les flèches pour la déplacer ; Suppr la retire.',
    inputMoved: (place, count) => `Maintenant entrée ${place} sur ${count}.`,
    inputsOf: (count, most) => `${count} entrées sur ${most}`,
    inputsOver: (most) => some(most, { one: 'Le modèle accepte # entrée au plus. Retirez les autres.', other: 'Le modèle accepte # entrées au plus. Retirez les autres.' }),
    promptLeft: (left) => `${left} restants`,
    asking: 'Demande…',
    cancelFree: 'Annuler, sans frais',
    cancelMaybe: 'Annuler ; l’image peut être facturée',
    cancelLate: 'Annuler ; l’image sera facturée',
    free: 'Sans frais',
    maybe: 'Peut être facturée',
    late: 'Sera facturée',
    maybePaid: 'L’image a peut-être été payée.',
    canceledFree: 'Annulée, sans frais.',
    asked: (count) => some(count, { one: '# image demandée.', other: '# images demandées.' }),
  },
}
