"""Every expected failure: what happened, and what to do next."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from orderguard.bilingual import Bilingual, Language, Text, both


class OrderGuardError(Exception):
    """The root of all expected failures. `hint` says what to do.

    Logs and the command line have the English of both; `said` and `advised` are for other readers.
    """

    def __init__(self, message: Text, *, hint: Text = "") -> None:
        self.said, self.advised = both(message), both(hint)
        super().__init__(self.said.en)

    @property
    def message(self) -> str:
        return self.said.en

    @property
    def hint(self) -> str:
        return self.advised.en

    def __str__(self) -> str:
        return self.told("en")

    @property
    def whole(self) -> Bilingual:
        """All of it, to whoever reads it later."""
        return Bilingual(self.told("en"), self.told("zh"))

    def told(self, language: Language) -> str:
        """All of it, to a reader."""
        said, advised = self.said.told(language), self.advised.told(language)
        between = "" if said.endswith("。") else " "
        return f"{said}{between}{advised}" if advised else said


class BadInput(OrderGuardError):
    """What was given cannot be read; nothing of it was taken."""


class MalformedMessage(BadInput):
    """A channel's message cannot be parsed. `index` is the place of the bad element in a batch."""

    def __init__(self, message: Text, *, hint: Text = "", index: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.index = index


class SignatureFault(StrEnum):
    """What is wrong with a signature. The last two are rightly signed, but at another time."""

    MISSING = "missing"
    WRONG = "wrong"
    TOO_OLD = "too_old"
    TOO_NEW = "too_new"


class SignatureMismatch(OrderGuardError):
    """A message is not signed by the shop's secret, or its signature has gone stale.

    `skew_ms`: how far the time of a rightly signed message is ahead of our clock.
    """

    def __init__(
        self,
        message: Text,
        *,
        hint: Text = "",
        fault: SignatureFault = SignatureFault.WRONG,
        skew_ms: int | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.fault, self.skew_ms = fault, skew_ms


class BodyTooLarge(BadInput):
    """A request's body is over the limit; it was not read."""


class BodyTooSlow(BadInput):
    """A request's body did not arrive in time."""


class EncodedBody(BadInput):
    """A request's body is compressed or otherwise encoded."""


class WrongMethod(BadInput):
    """The address is called in a way that it does not answer to."""


class UnknownShop(OrderGuardError):
    """No such channel or shop in this installation."""


class UnknownChannel(BadInput):
    """No channel of this name."""


class Overloaded(OrderGuardError):
    """The intake queue is full; the sender shall come back after `retry_after_s`."""

    def __init__(self, message: Text, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NotReady(Overloaded):
    """The server has not caught up with its log yet."""


class NotSignedIn(OrderGuardError):
    """The call carries no token or session that is known."""


class NotAllowed(OrderGuardError):
    """The account's role may not do this, or the call comes from another site's page."""


class NotFound(OrderGuardError):
    """What was asked for by name is not here."""


class AlreadyDecided(OrderGuardError):
    """A case has a disposition that stands; `standing` is the case as answers show it."""

    def __init__(self, message: Text, *, standing: dict[str, Any], hint: Text = "") -> None:
        super().__init__(message, hint=hint)
        self.standing = standing


class ChangedMeanwhile(OrderGuardError):
    """What a person saw, and decided on, is not so any more."""


class TooLate(OrderGuardError):
    """What shall be taken back, or was there to be taken, is so no more."""


class TooManyGuesses(Overloaded):
    """Passwords are being tried too often."""


class BadInstallation(BadInput):
    """The data folder, its settings or its keys are not usable."""


class UnknownRecord(OrderGuardError):
    """A log record has a format or a key that this version does not know."""


class KeyErased(UnknownRecord):
    """The key of a record's personal fields was erased; they cannot be read any more."""


class StoreFailure(OrderGuardError):
    """The store below cannot be opened, read or written."""


class DamagedRecord(StoreFailure):
    """A log record was changed, or cut short, after it was written."""


class NewerStore(StoreFailure):
    """The store was written by a newer version of OrderGuard."""


class FolderInUse(BadInstallation):
    """Another process serves this data folder."""


@dataclass(frozen=True, order=True, slots=True)
class Fault:
    """What is wrong in a text that people write, where it stands, and what to do."""

    file: str
    line: int
    column: int
    message: Bilingual

    def __str__(self) -> str:
        return self.told("en")

    def told(self, language: Language) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message.told(language)}"


class LibraryFaults(BadInput):
    """A library that cannot be published, with every fault in it."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        english = "\n".join(one.told("en") for one in faults)
        super().__init__(Bilingual(english, "\n".join(one.told("zh") for one in faults)))
        self.faults = faults


class NameTaken(BadInput):
    """Something of this name is there already."""


class UnknownAccount(BadInput):
    """No user or token of this name."""


class NotListed(BadInput):
    """What shall be taken off a list is not on it."""


class ActionFailure(OrderGuardError):
    """A step did not come about. `retry_after_s`: not before, where the provider said so."""

    def __init__(
        self, message: Text, *, hint: Text = "", retry_after_s: float | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class NotDone(ActionFailure):
    """It surely did not happen, and may be tried again."""


class MaybeDone(ActionFailure):
    """The provider was asked and did not answer: it may have happened."""


class ActionRefused(ActionFailure):
    """The provider said no for good."""


class PlatformFailure(OrderGuardError):
    """A call to a platform did not do what it should. `code` is the platform's own."""

    def __init__(self, message: Text, *, hint: Text = "", code: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code


class PlatformRefused(PlatformFailure):
    """The platform said no, and will say so again."""


class PlatformTooLate(PlatformRefused):
    """What was asked for can no longer be done: the parcel has left, the order is paid."""


class PlatformBusy(PlatformFailure):
    """The platform could not answer, or not now: a later try may do.

    `may_have_acted`: it was asked for an effect and its answer is not known.
    """

    def __init__(
        self,
        message: Text,
        *,
        hint: Text = "",
        code: str = "",
        retry_after_s: float | None = None,
        may_have_acted: bool = False,
    ) -> None:
        super().__init__(message, hint=hint, code=code)
        self.retry_after_s, self.may_have_acted = retry_after_s, may_have_acted


class TokenRejected(PlatformFailure):
    """The access token is missing, has ended or was withdrawn: a fresh one may do."""


class FeedLost(PlatformFailure):
    """A connection to a platform ended, or could not be made; it may be tried again."""


class FeedRefused(PlatformFailure):
    """A platform does not let us in under this key."""
