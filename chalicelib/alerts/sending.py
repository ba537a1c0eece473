"""Alerts leave the city: each urgent message at least once, and twice only if the sender died between publishing and marking.

A carrier's answer that is lost is such a death as well: nobody knows whether the message was taken, so it is sent again.

What was sent is marked after it was sent, message by message. One delivery at a time works on an alert, by a claim that
ends by itself; what fails is asked for again by the queue, and after five times parked until an operator has it done
again. A text message for which the city's budget has no room waits for the next hour and holds nothing else up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from chalicelib.alerts.breaker import is_held
from chalicelib.alerts.emails import Emails
from chalicelib.alerts.errors import AlertNotFound
from chalicelib.alerts.ports import Audience, Recipient, Resolver
from chalicelib.alerts.raising import QUEUE, ask_for
from chalicelib.alerts.tables import AlertRow, BreakerRow, ChannelsRow, Outcome, TopicRow
from chalicelib.alerts.topics import tell_city
from chalicelib.alerts.ways import Choice, Way
from chalicelib.core import clock, ids, store
from chalicelib.core.errors import Broken, Unavailable
from chalicelib.core.log import Event, emit
from chalicelib.core.store import ROUNDS, STORAGE_ERRORS, Action, Key, Transaction, wait_before
from chalicelib.core.streams import BatchAnswer, Change, LambdaEvent, changes, consume
from chalicelib.core.texts import Language
from chalicelib.people.errors import SmsBudgetSpent
from chalicelib.people.tables.privacy import LedgerRow, in_full, ledger_entry

CLAIM_SECONDS = 150
"""How long one delivery has an alert to itself: longer than its function may run (`.chalice/config.json`: 120 seconds)."""

WHAT = ("name", "health_code")
"""What a message discloses of a member, in the words of the access log; the name is masked."""

WHY = "alerted"
"""The reason that the access log shows for a message."""

CITY_TOPIC = "city"
"""Who was told, in an alert's row, where it was the city's own topic."""


class ClaimOver(Unavailable):
    """Another delivery may be at the alert by now, so this one sends nothing more."""


@dataclass(frozen=True)
class _Told:
    """Somebody who is to be told, by which way and in which language."""

    recipient: Recipient
    way: Way
    language: Language


class AlertSender:
    """Works off the queue `alerts`."""

    def __init__(self, ways: Sequence[Way], emails: Emails) -> None:
        """Take the ways by which messages leave, the one that everybody has first, and who looks after e-mail."""
        self._ways, self._emails = tuple(ways), emails
        self._resolver: Resolver | None = None

    def asks(self, resolver: Resolver) -> None:
        """Register who knows whom an alert is for."""
        self._resolver = resolver

    def handle(self, event: LambdaEvent) -> BatchAnswer:
        """Handle a Lambda event of the queue. An alert that fails comes again, and is parked after five times."""
        return consume(changes(event), self._work_on, QUEUE)

    def _work_on(self, change: Change) -> None:
        """Send what is still to be sent of one alert, or look after the e-mail of one person or organization."""
        if "person_id" in change.keys:
            self._emails.follow(change.text("person_id"))
        elif change.text("alert_id") == TopicRow.SK:
            self._emails.close(change.text("org_id"))
        else:
            self._send_alert(AlertRow.of(change.text("org_id"), change.text("alert_id")))

    def _send_alert(self, key: Key[AlertRow]) -> None:
        """Send what is still to be sent of one alert, unless it is held or another delivery is at it."""
        breaker = BreakerRow.here()
        rows = store.read_together([key, breaker])
        alert = rows.get(key)
        if alert is None or alert.is_settled or is_held(alert, rows.get(breaker)):
            return
        if (claimed := _claimed(alert)) is None:
            ask_for(key, after=CLAIM_SECONDS)  # who is at it may die, and the message of that one be this very one
            return
        try:
            waits = self._send(claimed)
        except Exception:  # whatever it was is raised again; the next try need not wait for the claim to end
            _let_others(claimed)
            raise
        if waits is not None:
            _let_others(claimed)
            ask_for(key, after=waits)

    def _send(self, alert: AlertRow) -> int | None:
        """Send all that is due. Returns the seconds after which the rest can be sent, None if there is none.

        What fails stops nothing behind it; the first failure is raised when everything else was tried.
        """
        audience = self._audience(alert)
        if audience is None:
            _settle(alert, Outcome.WITHHELD)
            return None
        told, waits, failures = self._told(alert, audience), list[int](), list[Exception]()
        for one in told:
            try:
                self._tell(alert, audience, one)
            except SmsBudgetSpent as spent:
                waits.append(spent.retry_after)
            except Exception as failure:  # noqa: BLE001  whatever one message met, the others are sent
                failures.append(failure)
        _tell_city(alert, audience)
        if failures:
            raise failures[0]
        if waits:
            return max(waits)
        _settle(alert, Outcome.SENT if told else Outcome.UNREACHABLE)
        return None

    def _audience(self, alert: AlertRow) -> Audience | None:
        if self._resolver is None:
            raise Unavailable
        return self._resolver.recipients(alert)

    def _told(self, alert: AlertRow, audience: Audience) -> list[_Told]:
        """Who is to be told and how; where none of them can be reached, whoever is told otherwise."""
        return [*self._reached(alert, audience.recipients)] or [*self._reached(alert, audience.otherwise)]

    def _reached(self, alert: AlertRow, recipients: Sequence[Recipient]) -> Iterator[_Told]:
        """Those who can be reached: by the ways they chose, and if none of these reaches them by the one that all have."""
        keys = {one.member_id: ChannelsRow.of(one.person.person_id) for one in recipients}
        rows = store.read_together(keys.values())
        for one in recipients:
            choice = _choice(rows, keys[one.member_id], one)
            chosen = [way for way in self._ways if way.is_chosen(choice) and _reaches(way, alert, one)]
            usual = [way for way in self._ways[:1] if _reaches(way, alert, one)]
            for way in chosen or usual:
                yield _Told(one, way, choice.language)

    def _tell(self, alert: AlertRow, audience: Audience, told: _Told) -> None:
        """Send one message and mark it, unless that was done before."""
        member_id, name = told.recipient.member_id, told.way.name
        if alert.was_sent(member_id, name):
            return
        if alert.claimed_until is None or alert.claimed_until <= clock.now():
            raise ClaimOver
        try:
            told.way.send(alert, audience, told.recipient, told.language)
        except SmsBudgetSpent:
            raise
        except Exception:  # whatever it was is raised again; operators see which way it happened on
            emit(Event.ALERT_FAILED, purpose=name)
            raise
        is_first = not any(one.startswith(f"{member_id}#") for one in alert.sent)
        _mark(alert, f"{member_id}#{name}", _disclosure(alert, audience, told.recipient) if is_first else None)


def _disclosure(alert: AlertRow, audience: Audience, recipient: Recipient) -> LedgerRow:
    """That somebody was told of the member, for the member to read (B1)."""
    return ledger_entry(
        "DISCLOSURE",
        [in_full(audience.life, WHAT)],
        org_id=alert.org_id,
        organization=audience.organization,
        actor=recipient.person.name_mask or "",
        what=list(WHAT),
        why=WHY,
    )


def _choice(rows: store.Rows, key: Key[ChannelsRow], recipient: Recipient) -> Choice:
    """What somebody chose. A choice that can't be read is none: they are told all the same."""
    try:
        return Choice.of(rows.get(key), recipient.person)
    except Broken:
        emit(Event.ROW_BROKEN, table=ChannelsRow.Meta.table, count=1)
        return Choice.of(None, recipient.person)


def _reaches(way: Way, alert: AlertRow, recipient: Recipient) -> bool:
    """Whether somebody can be told this way. Where that can't be read it is no way to them."""
    try:
        return way.reaches(alert, recipient)
    except Broken:
        emit(Event.ROW_BROKEN, table=ChannelsRow.Meta.table, count=1)
        return False


def _tell_city(alert: AlertRow, audience: Audience) -> None:
    """Tell the city's own topic of a state that needs somebody, by ids and the state's word alone."""
    state = audience.state
    if not state.is_abnormal or alert.was_sent(CITY_TOPIC, "topic"):
        return
    tell_city(
        {"event": "alert", "org_id": alert.org_id, "alert_id": alert.alert_id, "at": clock.iso(alert.at)}
        | {"state": state.name, "word": state.word.en}
    )
    _mark(alert, f"{CITY_TOPIC}#topic")


def _claimed(alert: AlertRow) -> AlertRow | None:
    """The alert for this delivery alone, as it is now; None while another one is at it, or it was settled just now."""
    now = clock.now()
    free = AlertRow.claimed_until.does_not_exist() | (AlertRow.claimed_until <= now)
    unsettled = AlertRow.org_id.exists() & AlertRow.outcome.does_not_exist()
    until = now + timedelta(seconds=CLAIM_SECONDS)
    return store.update(
        alert.own_key, [AlertRow.claim.set(ids.new_id()), AlertRow.claimed_until.set(until)], unsettled & free
    )


def _let_others(alert: AlertRow) -> None:
    """Give the claim back. If that fails it ends by itself."""
    try:
        _change(alert, [])
    except (*STORAGE_ERRORS, Unavailable):
        return


def _settle(alert: AlertRow, outcome: Outcome) -> None:
    _change(alert, [AlertRow.outcome.set(outcome.value), AlertRow.settled_at.set(clock.now())])


def _change(alert: AlertRow, actions: Sequence[Action]) -> None:
    """Change an alert, and give the claim back with it, if it is still this delivery's."""
    ended = [AlertRow.claim.remove(), AlertRow.claimed_until.remove()]
    store.update(alert.own_key, [*actions, *ended], AlertRow.claim == alert.claim)


def _mark(alert: AlertRow, what: str, disclosure: LedgerRow | None = None) -> None:
    """Note that a message is out, and in the same transaction what it disclosed.

    A storage in trouble is asked several times, for without the mark it would go out again.
    """
    mark = f"{what}#{clock.iso(clock.now())}"
    sent = AlertRow.sent.set(AlertRow.sent.append([mark]))
    transaction = Transaction().update(alert.own_key, [sent], AlertRow.org_id.exists(), AlertNotFound())
    if disclosure is not None:
        transaction.put(disclosure)
    for attempt in range(ROUNDS):
        try:
            transaction.commit()
        except AlertNotFound:  # its book was deleted meanwhile
            return
        except (*STORAGE_ERRORS, Unavailable):
            if attempt + 1 == ROUNDS:
                raise
            wait_before(attempt)
        else:
            alert.sent = [*alert.sent, mark]
            return
