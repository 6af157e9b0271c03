"""What a notification says, in the language of the device. The page says the same by `web/src/i18n`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from server.core.devices import Language
from server.core.errors import ProblemCode

EXCERPT = 90
"""Characters of a prompt that are shown at most."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many pictures ended well, and how many badly."""

    ready: int = 0
    failed: int = 0

    @property
    def all(self) -> int:
        """How many ended."""
        return self.ready + self.failed


def excerpt(prompt: str) -> str:
    """A prompt's first words on one line; an ellipsis where it goes on."""
    line = " ".join("".join(char if char.isprintable() else " " for char in prompt[: 4 * EXCERPT]).split())
    if len(line) <= EXCERPT:
        return line
    head = line[: EXCERPT - 1]
    # Whole words, where there is a blank not too far back.
    cut = head.rfind(" ", EXCERPT // 2)
    return (head[:cut] if cut > 0 else head).rstrip() + "…"


def quoted(language: Language, prompt: str) -> str:
    """The excerpt in the language's quotation marks; nothing where there is no prompt."""
    words = excerpt(prompt)
    if not words:
        return ""
    return f"« {words} »" if language is Language.FR else f"“{words}”"


def outcome_title(language: Language, count: Count) -> str:
    """Of one project's outcomes."""
    ready, failed = _READY[language], _FAILED[language]
    if not count.failed:
        return _SINGLE_READY[language] if count.ready == 1 else ready(count.ready)
    if not count.ready:
        return _SINGLE_FAILED[language] if count.failed == 1 else failed(count.failed)
    return f"{ready(count.ready)}, {_BESIDE[language](count.failed)}"


def batch_title(language: Language, count: Count) -> str:
    """Of a request all of whose pictures have ended: at least two."""
    return _BATCH[language](count.all)


def batch_body(language: Language, count: Count) -> str:
    """How they ended, where that is worth a word."""
    return outcome_title(language, count) + "." if count.failed else ""


def failure(language: Language, code: str) -> str:
    """Why a picture failed, as a sentence; of a code that is not known here, that it failed."""
    return _PROBLEMS[language].get(code) or _SINGLE_FAILED[language] + "."


def fixed(language: Language, what: str) -> tuple[str, str]:
    """Title and body of `test` and `credits_low`."""
    return _FIXED[language][what]


def _plural(one: str, other: str, language: Language) -> Callable[[int], str]:
    """French takes the singular for nought, too; `#` stands for the number."""

    def say(count: int) -> str:
        single = count == 1 or (count == 0 and language is Language.FR)
        return (one if single else other).replace("#", str(count))

    return say


_SINGLE_READY = {Language.EN: "Your picture is ready", Language.FR: "Votre image est prête"}
_SINGLE_FAILED = {Language.EN: "A picture failed", Language.FR: "Une image a échoué"}
_READY = {
    Language.EN: _plural("# picture is ready", "# pictures are ready", Language.EN),
    Language.FR: _plural("# image est prête", "# images sont prêtes", Language.FR),
}
_FAILED = {
    Language.EN: _plural("# picture failed", "# pictures failed", Language.EN),
    Language.FR: _plural("# image a échoué", "# images ont échoué", Language.FR),
}
_BESIDE = {
    Language.EN: _plural("# failed", "# failed", Language.EN),
    Language.FR: _plural("# a échoué", "# ont échoué", Language.FR),
}
_BATCH = {
    Language.EN: _plural("The picture is done", "All # pictures are done", Language.EN),
    Language.FR: _plural("L’image est terminée", "Les # images sont terminées", Language.FR),
}
_FIXED: Mapping[Language, Mapping[str, tuple[str, str]]] = {
    Language.EN: {
        "test": ("It works", "This is how you will be told when a picture is ready."),
        "credits_low": ("NanoBanana has no credits left", "Nothing is submitted until there are credits again."),
    },
    Language.FR: {
        "test": ("Tout fonctionne", "Voilà comment vous saurez qu’une image est prête."),
        "credits_low": ("NanoBanana n’a plus de crédits", "Rien n’est envoyé tant qu’il n’y en a pas de nouveau."),
    },
}
_PROBLEMS: Mapping[Language, Mapping[str, str]] = {
    Language.EN: {
        ProblemCode.BAD_IMAGE: "This file is not a picture that can be read.",
        ProblemCode.INPUT_FAILED: "One of its inputs could not be read.",
        ProblemCode.INPUT_UNREACHABLE: "NanoBanana could not fetch the input picture.",
        ProblemCode.PROMPT_REJECTED: "NanoBanana did not accept this prompt.",
        ProblemCode.REQUEST_REJECTED: "NanoBanana did not accept this request.",
        ProblemCode.MODEL_UNAVAILABLE: "This model is not available at the moment. Choose another one.",
        ProblemCode.CREATE_FAILED: "NanoBanana could not start this picture.",
        ProblemCode.GENERATION_FAILED: "NanoBanana could not make this picture.",
        ProblemCode.PROVIDER_NO_OUTPUT: "NanoBanana finished without a picture.",
        ProblemCode.TASK_UNKNOWN: "NanoBanana does not know this task any more.",
        ProblemCode.TIMED_OUT: "NanoBanana took too long.",
        ProblemCode.MAY_HAVE_BEEN_CHARGED: "No answer came from NanoBanana. It may have been paid for; another try is "
        "paid again.",
        ProblemCode.BAD_RESULT: "What came back was not a picture.",
        ProblemCode.UNSAFE_RESULT: "The result is at an address that this server does not visit. Tell the person who "
        "runs it.",
        ProblemCode.RESULT_GONE: "The result was gone before it could be saved.",
        ProblemCode.SAVE_TIMED_OUT: "The result could not be saved in time.",
        ProblemCode.EXPIRED: "It waited too long and was given up.",
    },
    Language.FR: {
        ProblemCode.BAD_IMAGE: "Ce fichier n’est pas une image lisible.",
        ProblemCode.INPUT_FAILED: "L’une de ses images d’entrée n’a pas pu être lue.",
        ProblemCode.INPUT_UNREACHABLE: "NanoBanana n’a pas pu récupérer l’image d’entrée.",
        ProblemCode.PROMPT_REJECTED: "NanoBanana n’a pas accepté cette description.",
        ProblemCode.REQUEST_REJECTED: "NanoBanana n’a pas accepté cette demande.",
        ProblemCode.MODEL_UNAVAILABLE: "Ce modèle n’est pas disponible en ce moment. Choisissez-en un autre.",
        ProblemCode.CREATE_FAILED: "NanoBanana n’a pas pu commencer cette image.",
        ProblemCode.GENERATION_FAILED: "NanoBanana n’a pas pu faire cette image.",
        ProblemCode.PROVIDER_NO_OUTPUT: "NanoBanana a terminé sans image.",
        ProblemCode.TASK_UNKNOWN: "NanoBanana ne connaît plus cette tâche.",
        ProblemCode.TIMED_OUT: "NanoBanana a mis trop de temps.",
        ProblemCode.MAY_HAVE_BEEN_CHARGED: "NanoBanana n’a pas répondu. L’image a peut-être été payée ; un nouvel "
        "essai serait payé à nouveau.",
        ProblemCode.BAD_RESULT: "Ce qui est revenu n’était pas une image.",
        ProblemCode.UNSAFE_RESULT: "Le résultat est à une adresse que ce serveur ne visite pas. Prévenez la personne "
        "qui s’en occupe.",
        ProblemCode.RESULT_GONE: "Le résultat a disparu avant d’être enregistré.",
        ProblemCode.SAVE_TIMED_OUT: "Le résultat n’a pas pu être enregistré à temps.",
        ProblemCode.EXPIRED: "L’attente était trop longue : abandon.",
    },
}
