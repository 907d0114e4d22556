"""What is sent and shown of a partner's settings (Monite, 'Partner settings').

They are kept for clients that set them. Tieout itself sends no mail, renders no payment page and reads no documents;
what it does read is said in docs/monite-compatibility.
"""

from typing import Annotated

from pydantic import Field, StringConstraints

from tieout.api.entities.settings import CurrencySettings
from tieout.api.schemas import ApiVersion, EmailStr, FreeObject, OpenBody, StrictBool, Url

LIST_LENGTH_MAX = 200
TEXT_LENGTH_MAX = 2_000

Text = Annotated[str, StringConstraints(max_length=TEXT_LENGTH_MAX)]
Named = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Word = Annotated[str, StringConstraints(max_length=255)]
Colour = Annotated[
    str,
    StringConstraints(pattern=r"^((#|0x)?([0-9a-fA-F]{3,4}){1,2}|[a-zA-Z]{3,30}|(rgb|hsl)a?\([0-9a-z.,%/ ]{1,60}\))$"),
]


class MailSettings(OpenBody):
    """Mails in the partner's name."""

    attach_documents_as_pdf: StrictBool = True
    from_email_username: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    from_name: Annotated[str, StringConstraints(min_length=1, max_length=30)] | None = None


class PayableSettings(OpenBody):
    """Payables of all entities."""

    approve_page_url: Url
    allow_cancel_duplicates_automatically: StrictBool | None = False
    allow_counterpart_autocreation: StrictBool | None = False
    allow_counterpart_autolinking: StrictBool | None = False
    allow_credit_note_autolinking: StrictBool | None = False
    default_state: Word | None = None
    enable_line_items: StrictBool = True
    skip_approval_for_paid_invoice: StrictBool | None = False


class ButtonTheme(OpenBody):
    """Buttons of a payment page."""

    primary_color: Colour | None = None
    primary_hover_color: Colour | None = None
    secondary_color: Colour | None = None
    secondary_hover_color: Colour | None = None


class CardTheme(OpenBody):
    """Cards of a payment page."""

    background_color: Colour | None = None


class PaymentPageTheme(OpenBody):
    """The look of a payment page."""

    background_color: Colour | None = None
    border_radius: Word | None = None
    button: ButtonTheme | None = None
    card: CardTheme | None = None
    font_color: Colour | None = None
    font_family: Word | None = None
    font_link_href: Url | None = None
    logo_src: Url | None = None


class PaymentsSettings(OpenBody):
    """Payment pages."""

    payment_page_domain: Word | None = None
    payment_page_theme: PaymentPageTheme | None = None
    support_email: EmailStr | None = None


class ReceivableSettings(OpenBody):
    """Receivables of all entities."""

    create_without_personal_info: StrictBool
    deduction_title: Annotated[str, StringConstraints(min_length=1, max_length=32)] | None = None


class Unit(OpenBody):
    """A measure unit that every entity may use."""

    designation: Named
    name: Named


class PartnerSettings(OpenBody):
    """All settings, and a change of them: what is left out stays."""

    api_version: ApiVersion | None = None
    commercial_conditions: Annotated[list[Text], Field(max_length=LIST_LENGTH_MAX)] | None = None
    currency: CurrencySettings | None = None
    default_role: FreeObject | None = None
    mail: MailSettings | None = None
    payable: PayableSettings | None = None
    payments: PaymentsSettings | None = None
    receivable: ReceivableSettings | None = None
    units: Annotated[list[Unit], Field(max_length=LIST_LENGTH_MAX)] | None = None
    website: Text | None = None
