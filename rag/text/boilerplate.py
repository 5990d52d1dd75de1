"""Boilerplate: sentences around the news that say nothing of it, such as bylines and adverts."""

from __future__ import annotations

import re
from functools import lru_cache

from rag.text.words import WORD, in_one_line, overlap

_NAME = r"(?:[A-Z][\w.’'-]*|de|van|von|bin|al)"
_PERSON = rf"{_NAME}(?: {_NAME}){{1,4}}"

_ANYWHERE = re.compile(
    r"""
      \bsign\ up\ (?:for|here|to)\b | \bsubscri(?:be|ption|ber)s?\ (?:to|now|today|for|here)\b
    | \b(?:our|daily|weekly|free|'s|’s)\ (?:\w+\ ){0,3}newsletters?\b | \bin\ your\ inbox\b
    | \baffiliate\ (?:fee|link|commission)|\bearn\ a\ commission\b
    | \b(?:story|article|report|file|post)\ (?:has\ been|was|will\ be)\ (?:updated|corrected)\b
    | \b(?:article|story)\ (?:was\ )?(?:originally|first)\ (?:appeared|published)\b
    | \bcontributed\ to\ this\ (?:report|story|article)\b
    | \b(?:getty\ images|ap\ photo|file\ photo|via\ (?:ap|reuters|getty))\b
    | \b(?:reach|contact|email|follow)\ (?:him|her|them|the\ (?:author|reporter|writer)|\w+)
      \ (?:at|on)\ (?:\S+@|@|X\b|twitter|bluesky|facebook|instagram|threads)
    | \bfollow\ us\ on\b | \S+@\S+\.(?:com|org|net|co|uk)\b | \ball\ rights\ reserved\b | ©
    | \bterms\ of\ (?:use|service)\b | \bprivacy\ policy\b | \bcookies?\ (?:policy|settings)\b
    | \benable\ javascript\b | \bdownload\ (?:the|our)\ (?:\w+\ )?app\b | \bclick\ (?:here|on\ the\ link)\b
    | \b(?:support|supporting)\ our\ journalism\b | \bcrossword\ puzzle\b | \bad-free\b
    | \bis\ an?\ (?:\w+\ ){0,4}(?:reporter|writer|editor|correspondent|columnist|journalist)
      \ (?:for|at|on|with|covering|who\ covers|based)\b
    | ^.{0,60}\bcovers\ .{3,80}\ for\ (?:the\ )?[\w\ ]+\.$
    """,
    re.IGNORECASE | re.VERBOSE,
)
# One of these words is in whatever that pattern matches. Looking for them first is fast.
_CUES = (
    *("sign up", "subscri", "newsletter", "inbox", "affiliate", "commission", "update", "correct"),
    *(
        "appeared",
        "published",
        "contributed",
        "images",
        "photo",
        "via ",
        "reach",
        "contact",
        "email",
    ),
    *("follow", "@", "rights", "©", "terms of", "privacy", "cookie", "javascript", "download"),
    *("click", "our journalism", "crossword", "ad-free", "reporter", "writer", "editor"),
    *("correspondent", "columnist", "journalist", "covers "),
)
_OPENING = re.compile(
    r"""
      [-–—*\s(\[]*
      (?: also\ read\b | here(?:’|'|\ i)s\ (?:what|why|how|when|where|everything|a\ look|the\ latest)\b
        | (?:here\ are|what\ (?:you\ )?(?:need|want)?\ ?to\ know|what\ we\ know|everything\ (?:you|to|we))\b.{0,80}$
        | (?:read|see|learn|find\ out|watch|hear)\ (?:more|also|next|the\ full|now)\b
        | (?:more|related|recommended|see\ also|read|watch|listen|live|photos?|video|gallery
            |editor[’']?s?[’']?s?\ note|contributing|correction|source|image|credit|caption|advertisement|sponsored)
          \s*(?::|\|)
        | advertisement\b | need\ a\ break | share\ this | skip\ to | show\ (?:all|more)\b | loading\b
        | (?:updated|published|posted|last\ updated|modified)\b[:\s].{0,60}$
        | (?:reporting|writing|editing|additional\ reporting)\ by\b
        | (?:photo(?:graph)?s?|image|illustration|graphic|video)s?\ (?:by|courtesy|credit)\b
        | jump\ to\b | table\ of\ contents\b | in\ this\ (?:article|story)\b
      )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_BYLINE = re.compile(
    rf"(?:[Bb][Yy]|[Ww]ritten by|[Ss]tory by)\s+{_PERSON}(?:\s*(?:,|\||and|–|—|-|/)\s*.{{0,80}})?"
    rf"|[-–—]+ ?{_PERSON}(?:, .{{0,40}})?"  # who wrote an entry: "— Victoria Hernandez"
    rf"|(?:[A-Z]\w+ ){{0,3}}\(?(?:CNN|AP|AFP|Reuters|USA TODAY)\)?(?: \w+)? ?[-–—|]*"
    rf"|(?:Special (?:to|for) |From ).{{0,60}}"
)
# A question for what is otherwise no evidence: who wrote an article, and when it was updated.
_ASKED_FOR = re.compile(
    r"\b(?:author|byline|wrote|written|reported by|reporter|journalist|correspondent|photo|photographer"
    r"|editor|newsletter|updated|contributed|corrected|correction|subscribe|headline)\w*\b",
    re.IGNORECASE,
)
_REPEATED = 0.85  # of its words in common make a sentence a repetition of the headline


@lru_cache(maxsize=5_000)
def is_boilerplate(sentence: str, title: str = "") -> bool:
    """Return whether a sentence is a byline, an advert, a credit, a note or the headline again."""
    text = in_one_line(sentence)
    lower = text.lower()
    # An article without a headline is called by its first sentence, which is evidence all the same.
    is_sentence = title.rstrip("\"'”’»)]").endswith((".", "…"))
    return bool(
        (any(cue in lower for cue in _CUES) and _ANYWHERE.search(text))
        or _OPENING.match(text)
        or _BYLINE.fullmatch(text.rstrip("."))
        or len(WORD.findall(text)) < 3
        or (title and not is_sentence and overlap(text, title) >= _REPEATED)
    )


def is_asked_for(question: str) -> bool:
    """Return whether a question asks for what boilerplate says, such as who wrote an article."""
    return _ASKED_FOR.search(question) is not None
