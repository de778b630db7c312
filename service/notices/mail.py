"""Mail: where an account gets it, and the one way it is sent. Optional; what it says is the caller's."""

import smtplib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage

from pymongo import IndexModel

from service.config import Settings
from service.errors import FieldError, Invalid
from service.logs import logger
from service.store.connection import Store, Transaction
from service.store.keys import Keyring

log = logger("mail")
COLLECTION = "mail_addresses"
WINDOW = 100
INDEXES: Mapping[str, Sequence[IndexModel]] = {COLLECTION: ()}
_PATIENCE = 20.0
_NO_ADDRESS = (MessageError, ValueError, AttributeError, IndexError)
"""What the standard library raises on words that are no address; not all of it means to."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where an account gets its mail, and in which language."""

    address: str
    language: str


class Addresses:
    """The address of each account that wants mail, sealed."""

    def __init__(self, store: Store, keys: Keyring) -> None:
        self._addresses, self._keys = store.collection(COLLECTION), keys

    def of(self, account: str) -> str:
        """The account's address; empty where it wants no mail."""
        found = self.many([account]).get(account)
        return found.address if found else ""

    def many(self, accounts: Sequence[str]) -> dict[str, Recipient]:
        """Those of at most 100 accounts that want mail."""
        found = self._addresses.find({"_id": {"$in": list(accounts[:WINDOW])}})
        opened = self._keys.system.open
        return {
            one["_id"]: Recipient(str(opened(_place(one["_id"]), one["address"])), one.get("language", "zh"))
            for one in found
        }

    def keep(self, tx: Transaction, account: str, address: str, language: str) -> None:
        """Send mail there from now on, in that language; to an empty address none. Raises Invalid."""
        if not address:
            self._addresses.delete_one({"_id": account}, session=tx.session)
            return
        sealed = self._keys.system.seal(_place(account), checked(address))
        change = {"$set": {"address": sealed, "language": language}}
        self._addresses.update_one({"_id": account}, change, upsert=True, session=tx.session)


def checked(address: str) -> str:
    """The address, if mail can go there by any server. Raises Invalid."""
    try:
        whole = Address(addr_spec=address).addr_spec == address
    except _NO_ADDRESS:
        whole = False
    dotted = "." in address.rpartition("@")[2].strip(".")
    if not whole or not dotted or not address.isascii() or len(address) > 200 or " " in address:
        raise Invalid(fields=[FieldError("address", "邮箱：请填写完整的邮箱地址")])
    return address


class Mailer:
    """The installation's mail server."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def ready(self) -> bool:
        """Whether a server is named."""
        return self._settings.smtp_host is not None

    def send(self, letters: Sequence[tuple[str, str, str]]) -> int:
        """Send (address, subject, text) in their order; how many are done with. The rest is for another time.

        A letter that cannot be written, or that the server refuses for good, is done with: it would be refused again.
        """
        done = 0
        try:
            for _ in self._sending(letters):
                done += 1
        except (OSError, smtplib.SMTPException) as error:
            log.warning("mail.failed", reason=type(error).__name__)
        return done

    def _sending(self, letters: Sequence[tuple[str, str, str]]) -> Iterator[None]:
        """One step for each letter, over one connection."""
        one = self._settings
        if one.smtp_host is None or not letters:
            return
        secure = ssl.create_default_context()
        with (
            smtplib.SMTP_SSL(one.smtp_host, one.smtp_port, timeout=_PATIENCE, context=secure)
            if one.smtp_security == "tls"
            else smtplib.SMTP(one.smtp_host, one.smtp_port, timeout=_PATIENCE)
        ) as server:
            if one.smtp_security == "starttls":
                server.starttls(context=secure)
            if one.smtp_user and one.smtp_password:
                server.login(one.smtp_user, one.smtp_password.get_secret_value())
            for letter in letters:
                try:
                    server.send_message(_written(one.smtp_from, *letter))
                except _NO_ADDRESS:
                    log.warning("mail.unwritten")
                except (smtplib.SMTPRecipientsRefused, smtplib.SMTPNotSupportedError):
                    log.warning("mail.refused")
                except smtplib.SMTPDataError as error:
                    if error.smtp_code < 500:
                        raise
                    log.warning("mail.refused", code=error.smtp_code)
                yield


def _written(sender: str, to: str, subject: str, text: str) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = sender, to, subject
    letter.set_content(text)
    return letter


def _place(account: str) -> str:
    return f"mail_addresses/{account}"
