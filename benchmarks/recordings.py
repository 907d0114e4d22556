"""How many of the platforms' recorded answers become canonical records with the recorded totals, to the cent."""

from pathlib import Path

from tests.support import recordings_quickbooks, recordings_xero


async def rows(_: Path) -> list[str]:
    """The tally of each platform, or a loud line where the recordings are not at hand."""
    made: list[str] = []
    quickbooks, xero = recordings_quickbooks.recordings_folder(), recordings_xero.recordings_folder()
    if quickbooks is None or xero is None:
        return ["recorded answers: not at hand; TIEOUT_REFERENCE_DIR names their folder"]
    made += recordings_quickbooks.tally(quickbooks).lines()
    made += recordings_xero.tally(xero).lines()
    return made
