"""The names of newspapers, broadcasters and agencies, and titles that end in one."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_ACRONYMS = (
    "ABC AFP ANI ANSA AP BBC CBC CBS CNA CNBC CNN CTV DPA DW EFE ESPN GMA ITV KBS MSNBC NBC NHK NPR"
    " NYT PBS PTI RFE RFI RT RTE SBS SCMP TASS TDI TIME TMZ UPI VOA WSJ"
)
_NAMES = (
    "Agencia EFE|Al Arabiya|Al Jazeera|Anadolu|Ansa|Axios|Belga|Billboard|Bloomberg|BuzzFeed"
    "|Business Insider|Corriere della Sera|Deadline|Der Spiegel|Deutsche Welle|Die Welt|Die Zeit"
    "|dpa|El Mundo|El País|Engadget|Euronews|Forbes|Fortune|France 24|GMA|Haaretz|HuffPost|Insider"
    "|Interfax|Kyodo|La Repubblica|Le Figaro|Le Monde|MarketWatch|Mashable|National Geographic"
    "|Newsweek|Politico|PolitiFact|PR Newswire|ProPublica|Quartz|Reuters|Rolling Stone|Salon"
    "|Scientific American|Slate|Snopes|Tass|TechCrunch|USA Today|Variety|Vice|Vox|Wikipedia|Wired"
    "|Xinhua|Yonhap"
)
_NOUNS = (
    "Advertiser Agency Argus Broadcasting Bulletin Chronicle Courier Daily Dispatch Examiner"
    " Gazette Guardian Herald Inquirer Journal Ledger Magazine Mercury Monitor News Newspaper"
    " Newswire Observer Post Press Radio Reporter Sentinel Telegraph Television Times Today Tribune"
    " TV Weekly Wire"
)
# Only with an article or a name before them: "The Sun", "Boston Globe".
_COMMON = (
    "Argus Atlantic Express Globe Independent Mail Mirror Record Register Review Spectator Standard"
    " Star Statesman"
)
_ONLY_WITH_ARTICLE = (
    "Age Conversation Economist Hill Hindu Intercept Nation Republic Sun Verge Voice Week"
)
# Words after the name of an outlet that do not belong to it.
_ADDED = frozenset(
    "bureau columnist contributor correspondent report reporter reports staff writer"
    " "
    "africa asia australia business climate culture economy entertainment europe health india"
    " international lifestyle markets money online opinion politics science sport sports style tech"
    " technology travel uk underscored us video weather world".split()
)
_LISTED = re.compile(f"(?:{'|'.join(_ACRONYMS.split())})|(?i:the )?(?i:{_NAMES})")
_NAMED = re.compile(
    rf"(?:[A-Z][\w.’']*[\s-]+|(?:of|the|and|&|on|in)\s+){{1,4}}(?:{'|'.join(_NOUNS.split())})"
    rf"(?:\s(?:of|in|on)\s(?:the\s)?[A-Z]\w+)?"
    rf"|(?:The\s|(?:[A-Z][\w.’']*\s){{1,2}})(?:{'|'.join(_COMMON.split())})"
    rf"|The\s(?:{'|'.join(_ONLY_WITH_ARTICLE.split())})"
)
_CAPITALS = re.compile(rf"(?:[A-Z]+\s){{1,3}}(?:{'|'.join(_NOUNS.upper().split())})")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9-]+\.)+(?:com|org|net|news|info|tv|co|uk|[a-z]{2})")
_SEPARATOR = re.compile(r"\s+(?:[-–—|·•]|::)\s+")
_ENDING = re.compile(
    rf"(?P<title>.{{8,}}){_SEPARATOR.pattern}(?P<ending>[^|–—·•]{{2,45}})", re.DOTALL
)
_HOST_PREFIX = re.compile(r"(?:www\d?|m|mobile|amp)\.")


def outlet(name: str) -> str | None:
    """Return the outlet that a name means, such as "CNN" for "CNN Politics"; None for other names."""
    name = name.removeprefix("the ")
    words = name.split()
    if len(words) > 1 and words[-1].lower() in _ADDED:
        whole = outlet(" ".join(words[:-1]))
        if whole:
            return whole
    is_outlet = (
        len(words) <= 6
        and (name[:1].isupper() or "." in name or name == "dpa")
        and any(pattern.fullmatch(name) for pattern in (_LISTED, _NAMED, _CAPITALS, _DOMAIN))
    )
    return name if is_outlet else None


def without_outlet(title: str, *known: str | None) -> tuple[str, str | None]:
    """Return a title without an outlet at its end, as in "... | CNN Politics", and that outlet.

    `known` are names of the outlet, and hosts, that are recognized besides those of `outlet`.
    """
    names = {_letters(name) for name in known if name}
    source = None
    while match := _ENDING.fullmatch(title):
        ending = match["ending"]
        named = outlet(ending) or (ending if _letters(ending) in names else None)
        if not named and not (source and ending.split()[0].lower() in _ADDED):
            break
        title, source = match["title"], source or named
    return title, source


def ending(title: str, headline: str | None) -> str | None:
    """Return what follows the headline in the title of a page, which is the name of its outlet."""
    rest = title.removeprefix(headline) if headline else title
    match = _SEPARATOR.match(rest)
    name = _SEPARATOR.split(rest[match.end() :])[-1].strip() if match and rest != title else ""
    return (outlet(name) or name) if name and name.lower() not in _ADDED else None


def host(url: str | None) -> str | None:
    """Return the host of an address without "www.": bbc.co.uk. None for numbers and single names."""
    try:
        name = (urlsplit(url or "").hostname or "").lower()
    except ValueError:
        return None
    name = _HOST_PREFIX.sub("", name, count=1) if name.count(".") > 1 else name
    return name if "." in name and not name.rsplit(".", 1)[-1].isdigit() else None


def _letters(name: str) -> str:
    """Return a name as it would be in a host: "USA TODAY" and usatoday.com are the same."""
    if _DOMAIN.fullmatch(name.lower()):
        labels = name.lower().split(".")
        name = max(labels[:-1], key=len)
    return re.sub(r"\W|^the(?=\s|\w)", "", name.lower())
