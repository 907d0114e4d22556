"""Which branding theme a document has. Source: invoices page, branding-themes page."""

from tieout.platforms.xero.sandbox.accounting.elements import Element, InvalidError
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation


def default_theme(organisation: Organisation) -> str | None:
    """The id of the theme of order 0, which what an app sells has unless it says another."""
    themes = sorted(organisation.settings.branding_themes.values(), key=lambda theme: theme.order)
    return themes[0].id if themes else None


def check_theme(organisation: Organisation, element: Element) -> str | None:
    """The id that `BrandingThemeID` names; None when it is not sent. Raises `InvalidError`."""
    theme_id = element.text("BrandingThemeID")
    if not theme_id:
        return None
    if theme_id.lower() not in organisation.settings.branding_themes:
        raise InvalidError("The BrandingThemeID does not exist")
    return theme_id.lower()
