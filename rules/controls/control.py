"""The two nouns of the lists: a control, and a paragraph of a law."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A protection by the name the field has for it.

    `kinds` serve it as rules; `gate` says what of the gate does, whatever the policy says; `other`
    says whose it is, where a gate cannot enforce it. `articles` ask for it.
    """

    id: str
    name: str
    asks: str
    articles: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    gate: str | None = None
    other: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A demand of a law, by the name a citation gives it, such as ``RTS 6 Art 15(1)(a)``.

    `gate` and `other` as of a control. With neither, only rules can serve it.
    """

    name: str
    asks: str
    gate: str | None = None
    other: str | None = None

    def is_named_by(self, citation: str | None) -> bool:
        """Say whether a citation (``RTS 6 Art 15(1)(a); FINRA 5210``) names it, or a part of it.

        Who cites the whole article does not say which of its paragraphs, so serves none.
        """
        cited = [one.strip().casefold() for one in (citation or "").split(";")]
        name = self.name.casefold()
        return any(one == name or one.startswith(f"{name}(") for one in cited)
