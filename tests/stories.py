"""Made-up news, with what is true of each article."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Story:
    """A made-up article. `host` is where its outlet publishes."""

    title: str
    published: date
    source: str
    host: str
    author: str
    text: str

    @property
    def slug(self) -> str:
        words = "".join(c if c.isalnum() or c == " " else "" for c in self.title.lower()).split()
        return "-".join(words)

    @property
    def url(self) -> str:
        """An address that tells the day, as those of many outlets do."""
        return f"https://www.{self.host}/news/{self.published:%Y/%m/%d}/{self.slug}/"

    @property
    def bare_url(self) -> str:
        """An address that tells no day."""
        return f"https://www.{self.host}/articles/{self.slug}-20118431"


STORIES = [
    Story(
        "U.S. Mint presses final penny. What happens now?",
        date(2025, 11, 12),
        "The Northern Herald",
        "northernherald.com",
        "Jane Doe",
        "The last penny left the press in Philadelphia on Wednesday. The coin had been struck since "
        "April 2, 1792.\n\nThe Treasury said that each cost 3.69 cents. “It was time,” said Ada "
        "Lind, who runs the presses.\n\nOn January 6, 2026, the remaining blanks will be melted.",
    ),
    Story(
        "St. Louis mayor closes the Jan. 6 inquiry",
        date(2025, 1, 7),
        "Reuters",
        "reuters.com",
        "José Núñez",
        "The inquiry into the events of January 6, 2021 is over, the mayor of St. Louis said.\n\n"
        "It had begun on 3 May 2022 and heard 412 witnesses.\n\nThe report has 2,000 pages.",
    ),
    Story(
        "Ferry service to Skarholm resumes after storm",
        date(2024, 2, 29),
        "BBC News",
        "bbc.co.uk",
        "Ann-Marie O’Neill",
        "Ferries to Skarholm sail again, three days after the storm of 26 February 2024.\n\nTwo "
        "piers were damaged. Repairs will take until June.\n\nThe island has 1,200 residents.",
    ),
    Story(
        "Why does bread rise more slowly in winter?",
        date(2023, 12, 5),
        "USA TODAY",
        "usatoday.com",
        "Lee van der Berg",
        "Yeast is slow in the cold, and kitchens are colder in December.\n\nA dough at 18 degrees "
        "needs twice the time of one at 25, bakers say.\n\nA study of 14 March 2019 measured it.",
    ),
    Story(
        "Harbor pilots end strike, win 4 p.m. shift change",
        date(2025, 6, 3),
        "Associated Press",
        "apnews.com",
        "Mary T. Okafor",
        "The harbor pilots of Tarn went back to work on Tuesday at 4 p.m.\n\nThe strike had begun "
        "on May 1, 2025. About 40 ships waited at anchor.\n\nBoth sides called the deal fair.",
    ),
    Story(
        "Quell's new observatory sees first light",
        date(2022, 8, 19),
        "The Guardian",
        "theguardian.com",
        "Ida Svensson",
        "A telescope above Quell took its first picture on Thursday night.\n\nIt shows a galaxy "
        "that was found on 7 September 1784 by William Herschel.\n\nThe mirror is 4 meters wide.",
    ),
]
