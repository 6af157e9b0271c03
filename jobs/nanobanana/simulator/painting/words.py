"""What the words of a prompt ask for, in English and in French.

Accents and capitals do not count. A word stands alone: `nuit` is found in "de nuit" and not in "ennuit".
"""

from __future__ import annotations

import re
import unicodedata

# Each list is looked for in this order, and what is found is done in this order.
GRADES: dict[str, str] = {
    "night": "night|nuit|nocturne|midnight|minuit|moonlight|clair de lune",
    "sunset": "sunset|sundown|golden hour|dusk|twilight|coucher|crepuscule|heure doree",
    "winter": "winter|hiver|snow|snowy|neige|enneigee?s?|frost|givre|noel|christmas",
    "autumn": "autumn|fall colou?rs|automne|automnale?s?",
    "spring": "spring|printemps|blossoms?|fleuri(?:e|s|es)?",
    "fog": "fog|foggy|mist|misty|brume|brouillard",
    "rain": "rain|rainy|storm|stormy|pluie|pluvieu(?:x|se)|orage|tempete",
    "neon": "neon|cyberpunk|synthwave|vaporwave",
    "vintage": "vintage|retro|old photo|polaroid|ancienne?s?|vieille photo|argentique",
    "sepia": "sepia",
    "black-and-white": "black and white|black & white|monochrome|noir et blanc|b&w|grayscale|greyscale|niveaux de gris",
}
MEDIA: dict[str, str] = {
    "blur": "blur|blurred|blurry|flou|floue|bokeh|defocus",
    "oil": "oil|oil painting|huile|van gogh|impressionnis[mt]e|impressionis[mt]",
    "watercolour": "watercolou?r|aquarelle",
    "comic": "comic|comics|cartoon|manga|bande dessinee|bd",
    "sketch": "sketch|pencil|drawing|croquis|dessin|crayon|esquisse|fusain|charcoal",
    "pop": "pop art|warhol",
    "pixels": "pixel|pixels|pixel art|pixelis(?:e|ee)|8-?bit|retro game",
}
ARRANGEMENTS: dict[str, str] = {
    "mirror": "mirror|mirrored|symmetric|symmetry|miroir|symetrie|symetrique",
    "frame": "frame|framed|cadre|encadree?s?|gallery|galerie|musee|museum",
}
SCENES: dict[str, str] = {
    "space": "space|galaxy|galaxie|planets?|planetes?|cosmos|cosmique|nebula|nebuleuse|univers|espace",
    "city": "city|cities|town|skyline|urban|downtown|ville|villes|urbaine?|gratte-ciel|skyscraper|tokyo|paris|new york",
    "desert": "desert|dunes?|sahara|sable|sand",
    "forest": "forest|forets?|woods|woodland|bois|jungle|trees?|arbres?|pines?|sapins?",
    "sea": "sea|ocean|beach|coast|island|boat|sail|mer|plage|cote|ile|bateau|voilier|waves?|vagues?",
    "lake": "lakes?|lacs?|river|riviere|fleuve|reflections?|reflets?|pond|etang",
    "mountains": "mountains?|montagnes?|alps|alpes|hills?|collines?|peaks?|sommets?|valley|vallee",
    "abstract": "abstract|abstraite?s?|shapes|formes|gradients?|degrade|patterns?|motifs?|flowing|wallpaper",
}
MOODS: dict[str, str] = {
    "night": GRADES["night"] + "|stars?|starry|etoiles?|etoilee?|moon|lune",
    "sunset": "sunset|sundown|golden hour|coucher|heure doree",
    "dusk": "dusk|twilight|crepuscule|evening|soir",
    "dawn": "dawn|sunrise|morning|aube|aurore|lever|matin",
    "snow": GRADES["winter"],
    "autumn": GRADES["autumn"],
    "storm": GRADES["rain"] + "|grey|gray|grise?s?",
    "desert": "desert|dunes?|sahara",
    "lavender": "lavender|lavande|purple|violet|violette|pink|rose|mauve|provence",
    "emerald": "green|verte?s?|emerald|emeraude|spring|printemps|summer|ete",
    "day": "day|daylight|jour|noon|midi|blue|bleue?s?|sunny|ensoleille",
}
# A landscape is lit by its mood already: these would light it a second time.
LIT_BY_MOOD = frozenset({"night", "sunset", "winter", "autumn", "spring"})


def asked(prompt: str, meanings: dict[str, str]) -> list[str]:
    """The names in `meanings` whose words the prompt holds, in their order there."""
    text = _plain(prompt)
    return [name for name, words in meanings.items() if re.search(rf"(?<!\w)(?:{words})(?!\w)", text)]


def _plain(prompt: str) -> str:
    apart = unicodedata.normalize("NFKD", prompt.lower())
    return " ".join("".join(c for c in apart if not unicodedata.combining(c)).split())
