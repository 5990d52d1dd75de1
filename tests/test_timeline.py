"""The picture of the corpus over time."""

from __future__ import annotations

import re

from ui.window.timeline import timeline


def test_each_month_and_source_is_a_bar_and_a_figure_in_the_table() -> None:
    html = timeline([("2022-10", "TDI", 1), ("2022-10", "Notes", 8), ("2023-01", "Notes", 2)])
    assert html.count("<rect") == 3
    assert "<title>Oct 2022, Notes: 8 articles</title>" in html
    assert 'role="img" aria-label="Articles per month by source, from Oct 2022 to Jan 2023;' in html
    assert "most in Oct 2022: 9" in html
    row = '<tr><th scope="row">Oct 2022</th><td>8</td><td>1</td></tr>'
    assert row in html


def test_bars_of_a_month_stand_on_each_other_and_the_highest_fills_the_picture() -> None:
    html = timeline([("2022-10", "TDI", 1), ("2022-10", "Notes", 3)])
    bars = re.findall(r'y="([\d.]+)" width="[\d.]+" height="([\d.]+)"', html)
    assert bars == [("25.00", "75.00"), ("0.00", "25.00")]


def test_a_long_time_is_shown_by_years_and_many_sources_share_a_colour() -> None:
    months = [(f"{1990 + year}-06", f"Source {year % 9}", 1) for year in range(30)]
    html = timeline(months)
    assert "Articles per year" in html
    assert "<span>1990</span><span>2019</span>" in html
    assert html.count("<li>") == 6
    assert "Others <b>" in html


def test_what_has_no_date_is_said_and_no_picture_drawn_of_nothing() -> None:
    assert timeline([]) == ""
    assert timeline([(None, "TDI", 3)]) == '<p class="aside">3 articles without a date</p>'
    assert "1 article without a date" in timeline([(None, None, 1), ("2022-10", None, 1)])


def test_the_first_and_the_last_year_that_there_is_are_no_trouble() -> None:
    assert "Jan 1, Old: 1 article" in timeline([("0001-01", "Old", 1)])
    assert "Dec 9999, Far: 1 article" in timeline([("9999-12", "Far", 1)])


def test_a_hostile_source_stays_text() -> None:
    html = timeline([("2022-10", "<script>\"'&", 1)])
    assert "<script" not in html
    assert "&lt;script&gt;&#34;&#39;&amp;" in html
