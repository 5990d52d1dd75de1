"""The English lexicon: function words by class, titles and endings of names, months and days.

All words are in lower case, except `ALIASES`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

QUESTION_WORDS = frozenset("who whom whose what which when where why how".split())

PRONOUNS = frozenset(
    """
    he she it they him her them his hers its their theirs himself herself itself themselves
    """.split()
)
"""Pronouns of the third person, which stand for something mentioned before."""

DEMONSTRATIVES = frozenset("this that these those".split())

AUXILIARIES = frozenset(
    """
    is are was were has have had do does did will would can could shall should may might must
    """.split()
)
PREPOSITIONS = frozenset(
    """
    about above across after against along among around as at before behind below beside besides
    between beyond by despite down during for from in inside into like near of off on onto out
    outside over past since than through throughout to toward towards under until up upon via with
    within without
    """.split()
)

STAND_INS = (
    PRONOUNS
    | DEMONSTRATIVES
    | frozenset(
        """
    there one ones such same other others else former latter rest instead afterwards then too so
    """.split()
    )
)
"""Words that may stand for something mentioned before."""

CONNECTIVES = frozenset("and but or so also plus then".split())

MARKERS = (
    QUESTION_WORDS
    | PRONOUNS - {"he"}
    | DEMONSTRATIVES
    | frozenset(
        """
    the and but did does are were would could should there any anyone anything with from about
    since more really example else of has done
    """.split()
    )
)
"""Words that show that a text is English; other languages write "was", "so" or "he", too."""

COMMON_OPENERS = frozenset(
    """
    a about above accordingly according across additionally after afterwards again all along
    already also although altogether always among an and another any anyone apart are around as
    aside at available back based because before behind being below beside besides between both
    but by can certain combined compared consequently considering could currently dating
    depending despite did do does due during each earlier either eventually every everyone
    except few fewer finally following for former formerly from further furthermore generally
    given had half has have having he hence her here his how however i if in including indeed
    initially instead into is it its just last later latter less like likewise located many
    meanwhile more moreover most much my named near nearly neither nevertheless next no nobody
    none nonetheless nor not notably nothing now of off often on once one only originally other
    others otherwise our out over overall part people per perhaps previously prior regarding
    roughly she should similarly since so some someone something sometimes soon specifically
    still subsequently such that the their them then there thereafter therefore these they this
    those though through throughout thus to today together too toward towards typically
    ultimately under unlike until up upon us usually various very was we were what whatever when
    whenever where whereas wherever whether which while who whoever whom whose why will with
    within without would yes yet you your
    """.split()
)
"""Words that often begin a sentence, and so have a capital without being a name."""

TITLES = frozenset(
    """
    mr mrs ms miss dr prof professor sir dame lord lady president vice prime minister secretary
    chancellor king queen prince princess emperor pope saint st general colonel captain admiral
    senator governor mayor judge justice chairman chairwoman director chief former late
    """.split()
)
"""Titles that precede a name. Reports add them or leave them out."""

OPPOSITES = [
    frozenset(pair.split())
    for pair in """
    more less|more fewer|most least|many few|larger smaller|largest smallest|bigger smaller
    biggest smallest|greater smaller|greater lesser|higher lower|highest lowest|above below|over under
    before after|earlier later|earliest latest|first last|older younger|oldest youngest|older newer
    faster slower|fastest slowest|longer shorter|longest shortest|better worse|best worst
    stronger weaker|strongest weakest|richer poorer|cheaper dearer|hotter colder|warmer cooler
    increased decreased|increase decrease|increases decreases|increasing decreasing|rose fell|rise fall
    rises falls|rising falling|grew shrank|gained lost|won lost|win lose|wins loses|up down
    majority minority|north south|northern southern|east west|eastern western|northeast southwest
    northwest southeast|always never|all none|everyone nobody|maximum minimum|upper lower|inside outside
    import export|imports exports|accepted rejected|allowed banned|allowed forbidden|supported opposed
    support oppose|supports opposes|began ended|opened closed|open closed|succeeded failed|legal illegal
    possible impossible|able unable|likely unlikely|public private|positive negative|male female
    men women|husband wife|father mother|son daughter|left right|buy sell|bought sold|wide narrow
    """.replace("\n", "|").split("|")
    if pair.strip()
]
"""Pairs of words that say the opposite in the same place."""

MODALITIES = {
    word: kind
    for kind, words in {
        "possible": "may might could perhaps possibly probably maybe likely allegedly reportedly",
        "future": "will shall",
        "conditional": "would",
        "advised": "should ought",
        "necessary": "must",
        "able": "can",
        "intended": "planned plans plan hoped hopes wanted wants intended intends tried attempted "
        "expected scheduled set supposed proposed agreed promised",
        "believed": "believed thought alleged said suspected considered reported",
    }.items()
    for word in words.split()
}
"""Words that make a verb something else than a fact, by kind."""

INFLECTIONS = frozenset("s es d ed ing e".split()) | {""}
"""Endings of the inflected forms of a verb or noun."""

NAME_ENDINGS = frozenset(
    """
    a ae ai ain an ans e ea ean eans en ers es ese ey i ian ians ic in ish land n ns o s y
    """.split()
) | {""}
"""Endings of related names: Japan and Japanese, China and Chinese, Britain and British."""

ALIASES = (
    ("United States", "US", "USA", "America", "American"),
    ("United Kingdom", "UK", "Britain", "British"),
    ("European Union", "EU"),
    ("South Korea", "Republic of Korea", "ROK"),
    ("North Korea", "DPRK"),
    ("China", "PRC"),
    ("Soviet Union", "USSR", "Soviet"),
    ("TV", "television", "Television"),
)
"""Entities with several names, in their usual spelling; abbreviations have no full stops."""


def any_of(words: Iterable[str]) -> str:
    """Return a regular expression that matches any of the words, to embed in a larger one."""
    return f"(?:{'|'.join(sorted(map(re.escape, words), reverse=True))})"


@cache
def month_names() -> tuple[str, ...]:
    """Return the full names of the twelve months, in order."""
    (names, *_) = _calendar_names("months", "wide")
    return tuple(names[number].lower() for number in range(1, 13))


@cache
def months() -> Mapping[str, str]:
    """Return the full name of each month by its name and by its abbreviations."""
    return {
        name.lower(): month_names()[number - 1]
        for style in ("wide", "abbreviated")
        for names in _calendar_names("months", style)
        for number, name in names.items()
    }


@cache
def weekdays() -> frozenset[str]:
    """Return the full names of the days of the week."""
    (names, *_) = _calendar_names("days", "wide")
    return frozenset(name.lower() for name in names.values())


def _calendar_names(kind: str, style: str) -> list[Mapping[int, str]]:
    """Return names from Unicode's CLDR in American and in British spelling ("Sep", "Sept")."""
    from babel import Locale  # takes 0.1 s, most of it for reading its data

    return [getattr(Locale.parse(name), kind)["format"][style] for name in ("en", "en_GB")]
