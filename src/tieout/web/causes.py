"""What a page says when connecting did not work: what happened, in the person's words, and one way forward."""

from dataclasses import dataclass
from enum import StrEnum

from tieout.sync.callbacks import Landing
from tieout.sync.connection_links import LinkRefusal


class WayOn(StrEnum):
    """The one thing to click."""

    TRY_AGAIN = "try_again"
    ASK_PARTNER = "ask_partner"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A cause in words. `{partner}`, `{platform}` and `{entity}` are filled in."""

    title: str
    text: str
    steps: tuple[str, ...] = ()
    way_on: WayOn = WayOn.TRY_AGAIN
    action: str = "Try again"


OF_LANDING = {
    Landing.DENIED: Told(
        title="You chose not to connect",
        text="Nothing was connected, and {partner} has no access to your books. If that was not what you meant, you "
        "can start again at any time.",
        action="Start again",
    ),
    Landing.TOO_LATE: Told(
        title="That took a little too long",
        text="For your safety, a sign-in that was begun has to be finished within half an hour. Nothing was connected.",
        action="Start again",
    ),
    Landing.OTHER_BROWSER: Told(
        title="Please go on in one browser",
        text="You came back from {platform} in another browser than the one in which you started, or it does not keep "
        "cookies. Nothing was connected.",
        steps=(
            "Open the link from {partner} in the browser in which you want to sign in.",
            "Stay in that browser until you see that you are connected.",
        ),
        action="Start again in this browser",
    ),
    Landing.REPEATED: Told(
        title="This step is over already",
        text="Your browser has opened the way back from {platform} a second time. That changes nothing: each sign-in "
        "counts once.",
        action="See where things stand",
    ),
    Landing.NOT_CONFIRMED: Told(
        title="{platform} did not confirm the connection",
        text="You came back from {platform}, but it did not confirm that you agreed. This can happen when the sign-in "
        "page was open for a long time. Nothing was connected.",
    ),
    Landing.NOT_ANSWERING: Told(
        title="{platform} is not answering",
        text="{platform} did not answer when we asked for your company. Nothing was connected, and nothing is wrong "
        "with your books. Wait a few minutes, then try again.",
    ),
    Landing.NOT_SET_UP: Told(
        title="{partner} has to finish its set-up",
        text="{platform} does not accept the program that {partner} has registered there. This is not about your "
        "books, and there is nothing for you to mend. Please tell {partner} that {platform} refuses its app.",
        way_on=WayOn.ASK_PARTNER,
    ),
    Landing.NOT_ALLOWED: Told(
        title="You need to be an administrator",
        text="You signed in at {platform}, but your user there may not connect other programs to this company.",
        steps=(
            "In {platform}, open the company’s settings: the list of users says who the administrator is.",
            "Ask that person to open this same link, or to give your user administrator rights.",
        ),
        action="Try again as an administrator",
    ),
    Landing.NO_COMPANY: Told(
        title="No company was shared",
        text="You signed in at {platform}, but no company was chosen there, or your user has none. Nothing was "
        "connected.",
        action="Try again and choose a company",
    ),
    Landing.ELSEWHERE: Told(
        title="These books are connected already",
        text="The company that you chose at {platform} is already connected to another account at {partner}. One "
        "company’s books can serve one account only, so nothing was changed.",
        steps=(
            "If you chose the wrong company, try again and choose another one.",
            "If the other account is not needed any more, ask {partner} to disconnect it first.",
        ),
        action="Choose another company",
    ),
    Landing.ENDED: Told(
        title="This connection was ended",
        text="{partner} has ended the connection that this link was made for. To connect again, ask {partner} for a "
        "new link.",
        way_on=WayOn.ASK_PARTNER,
    ),
    Landing.UNKNOWN: Told(
        title="We cannot tell where you came from",
        text="This page belongs in the middle of connecting your books, but its beginning is missing. Nothing was "
        "connected. Open the link that you were sent once more, and start from there.",
        way_on=WayOn.NONE,
    ),
}
"""Every landing that is no success."""

OF_LINK = {
    LinkRefusal.EXPIRED: Told(
        title="This link has expired",
        text="For your safety, a link to connect your books works for a limited time. Ask {partner} for a new one: it "
        "takes them a moment.",
        way_on=WayOn.ASK_PARTNER,
    ),
    LinkRefusal.ENDED: Told(
        title="This link was withdrawn",
        text="{partner} has replaced this link by a newer one. Look for it in your messages, or ask {partner} to send "
        "it again.",
        way_on=WayOn.ASK_PARTNER,
    ),
    LinkRefusal.UNKNOWN: Told(
        title="This link is not complete",
        text="Links are sometimes cut in two by mail programs. Copy the whole link from the message that you were "
        "sent, or ask its sender for a new one.",
        way_on=WayOn.NONE,
    ),
}

_SOFTWARE = "your accounting software"
"""What a platform is called where it is not known which."""

OLD_FORM = Told(
    title="This page was open for too long",
    text="For your safety, a button has to be pressed within a few hours, in the browser that shows it. Nothing was "
    "changed.",
    action="Open the page again",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A cause with the names filled in."""

    title: str
    text: str
    steps: tuple[str, ...]
    way_on: WayOn
    action: str


def fill(told: Told, *, partner: str, platform: str | None, entity: str) -> Filled:
    """Put the names in."""
    names = {"partner": partner, "platform": platform or _SOFTWARE, "entity": entity}
    begin = {**names, "platform": platform or _SOFTWARE.capitalize()}
    return Filled(
        title=told.title.format_map(begin),
        text=told.text.format_map(names),
        steps=tuple(step.format_map(names) for step in told.steps),
        way_on=told.way_on,
        action=told.action,
    )
