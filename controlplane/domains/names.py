"""Which names of domains can be claimed, in their one spelling."""

from typing import Annotated

import idna
from pydantic import AfterValidator, Field

# Whoever has a mailbox there would be everybody's colleague.
_MAILBOXES = (
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com yahoo.co.uk yahoo.co.jp ymail.com "
    "rocketmail.com aol.com icloud.com me.com mac.com proton.me protonmail.com pm.me gmx.com gmx.de gmx.net gmx.at "
    "gmx.ch web.de t-online.de freenet.de mail.com mail.ru bk.ru list.ru inbox.ru yandex.ru yandex.com rambler.ru "
    "zoho.com fastmail.com fastmail.fm hey.com tutanota.com tuta.io tuta.com posteo.de mailbox.org hushmail.com "
    "orange.fr wanadoo.fr free.fr laposte.net libero.it virgilio.it tiscali.it qq.com 163.com 126.com sina.com "
    "naver.com daum.net hanmail.net rediffmail.com comcast.net verizon.net att.net bellsouth.net sbcglobal.net "
    "btinternet.com ntlworld.com sky.com bigpond.com seznam.cz wp.pl o2.pl onet.pl interia.pl mailinator.com "
    "duck.com simplelogin.com relay.firefox.com privaterelay.appleid.com users.noreply.github.com"
)
PUBLIC_MAIL = frozenset(_MAILBOXES.split())
# The registries' second level. Beyond this list nobody can prove one: a name with an underscore is never delegated.
_SECOND_LEVEL = frozenset(("ac", "co", "com", "edu", "gob", "gov", "gouv", "info", "mil", "net", "nom", "or", "org"))
_RULE = "A domain reads like corp.example: at least two parts of letters, digits and hyphens, without a wildcard."
RULE = f"{_RULE} It is the part of mail addresses behind the @; its subdomains are claimed on their own."


def ascii_form(domain: str) -> str:
    """Lower case and IDNA 2008 (RFC 5891, UTS #46), without a final dot. Raises `ValueError`."""
    try:
        return idna.encode(domain.strip().rstrip("."), uts46=True).decode().lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise ValueError(_RULE) from error


def of_address(email: str) -> str:
    """The domain of an e-mail address in the spelling under which it is claimed."""
    domain = email.rpartition("@")[2]
    try:
        return ascii_form(domain)
    except ValueError:
        return domain.lower()


def claimable(text: str) -> str:
    """The domain in its ASCII form. Raises `ValueError` with a sentence."""
    domain = ascii_form(text)
    labels = domain.split(".")
    if len(labels) < 2 or len(domain) > 253 or labels[-1].isdigit():
        raise ValueError(RULE)
    if domain in PUBLIC_MAIL:
        raise ValueError(f"{domain} gives mailboxes to everybody, so it cannot belong to one account.")
    if len(labels) == 2 and len(labels[1]) == 2 and labels[0] in _SECOND_LEVEL:
        raise ValueError(f"{domain} is a registry's domain, under which everybody registers. Claim your own below it.")
    return domain


Claimable = Annotated[
    str,
    Field(max_length=253),
    AfterValidator(claimable),
    Field(description=RULE, examples=["corp.example"]),
]
