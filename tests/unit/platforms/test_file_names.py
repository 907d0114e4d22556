"""What files are called in the books."""

import re

from hypothesis import given
from hypothesis import strategies as st

from tieout.platforms.file_names import joined, stem_and_ending

UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')


@given(st.text(max_size=300), st.sampled_from(["application/pdf", "image/png", "x/y", ""]), st.integers(40, 255))
def test_any_name_becomes_a_safe_one_that_fits_and_keeps_its_ending(name: str, media_type: str, chars_max: int) -> None:
    stem, ending = stem_and_ending(name, media_type)
    written = joined(stem, ending, chars_max, mark=" (0a1b2c3d)")
    assert not UNSAFE.search(written)
    assert 0 < len(written) <= chars_max
    assert written.endswith(f" (0a1b2c3d).{ending}" if ending else " (0a1b2c3d)")
    assert stem_and_ending(name, media_type) == (stem, ending)


def test_names_keep_what_people_know_them_by() -> None:
    assert stem_and_ending("Bill 2026/03.PDF", "application/pdf") == ("Bill 2026_03", "pdf")
    assert stem_and_ending("scan", "image/jpeg; q=1") == ("scan", "jpg")
    assert stem_and_ending("v1.2 final version", "text/plain") == ("v1.2 final version", "txt")
    assert stem_and_ending("...", "x/y") == ("file", "")
    assert stem_and_ending("Mu\u0308ller\u202egpj.exe", "x/y") == ("M\u00fcller_gpj", "exe")
