"""Gatebook. Start reading here: what the service is made of, which routes it serves, and every Lambda beside them.

`compose` is the composition root: the only place that knows how services, sources and senders fit together. Who reacts
to something that happens below registers here, so no import ever points upward.
"""

from typing import Any

from chalice.app import Chalice

import chalicelib.alerts.routes
import chalicelib.alerts.times
import chalicelib.groups.routes
import chalicelib.groups.times
import chalicelib.health.routes
import chalicelib.health.times
import chalicelib.http.city
import chalicelib.http.codes
import chalicelib.http.routes
import chalicelib.people.routes
import chalicelib.places.routes
import chalicelib.places.times
from chalicelib.alerts.channels import ChannelChoices, sweep_channels
from chalicelib.alerts.emails import Emails
from chalicelib.alerts.sending import AlertSender
from chalicelib.alerts.sms import city_sender
from chalicelib.alerts.ways import Sms
from chalicelib.core.crypto import IdentityMacs
from chalicelib.core.fields import FieldCipher
from chalicelib.core.jobs import recorded
from chalicelib.core.ports import SmsSender, TravelVerifier
from chalicelib.core.reports import CitySource
from chalicelib.core.rotation import Rotation
from chalicelib.core.services import Services
from chalicelib.core.streams import BatchAnswer
from chalicelib.core.work import LambdaContext, Work
from chalicelib.groups.effects.counts import count_members
from chalicelib.groups.effects.erasures import sweep_alerts
from chalicelib.groups.effects.statuses import carry_status
from chalicelib.groups.effects.sweeps import sweep_book
from chalicelib.groups.page import InvitationPages
from chalicelib.groups.service.admins import Admins
from chalicelib.groups.service.alerts import OrganizationAlerts
from chalicelib.groups.service.audiences import Audiences
from chalicelib.groups.service.books import Books
from chalicelib.groups.service.departments import Departments
from chalicelib.groups.service.export_list import ExportList
from chalicelib.groups.service.exports import Exports, begin_export, export_step
from chalicelib.groups.service.family import FamilyMemberships
from chalicelib.groups.service.invitations import Invitations
from chalicelib.groups.service.managed import Managed
from chalicelib.groups.service.members import Members
from chalicelib.groups.service.memberships import Memberships
from chalicelib.groups.service.placements import Placements
from chalicelib.groups.service.policies import Policies
from chalicelib.groups.service.reminders import Reminders
from chalicelib.groups.service.rosters import Rosters
from chalicelib.groups.service.search import Search
from chalicelib.groups.service.standings import POLICY_CHANGED, RECOMPUTE, PolicyWork, Standings
from chalicelib.groups.service.statistics import Statistics
from chalicelib.groups.service.succession import HANDED_OVER, Succession
from chalicelib.groups.tables import ExportRow
from chalicelib.health.effects import RegistryEffects
from chalicelib.health.origin import city_source, sweeps_of
from chalicelib.health.people_effects import PeopleEffects
from chalicelib.health.service.declarations import Declarations
from chalicelib.health.service.deliveries import Deliveries
from chalicelib.health.service.family import Family
from chalicelib.health.service.health_code import HealthCode
from chalicelib.health.service.held_batches import HeldBatches
from chalicelib.health.service.messages import Messages, sweep_messages
from chalicelib.health.service.papers import PaperPasses
from chalicelib.health.service.passes import Passes
from chalicelib.health.service.review import Review
from chalicelib.health.service.status import Status
from chalicelib.health.service.sync.releasing import SyncRuns
from chalicelib.health.service.sync.running import Sync
from chalicelib.health.travel import city_verifier
from chalicelib.http.codes import CodePages
from chalicelib.http.endpoint import bind
from chalicelib.people.effects import LedgerEffects, fan_out
from chalicelib.people.service.certificates import Certificates
from chalicelib.people.service.codes import Codes
from chalicelib.people.service.dependants import Dependants
from chalicelib.people.service.erasure import Erasure
from chalicelib.people.service.identity import Identity
from chalicelib.people.service.privacy import Privacy
from chalicelib.people.service.retention import Retention
from chalicelib.people.service.sessions import Sessions
from chalicelib.places.effects.counts import VisitCounts
from chalicelib.places.effects.deletions import unbind_deleted
from chalicelib.places.effects.erasures import sweep_visits
from chalicelib.places.effects.states import suspend_by_state
from chalicelib.places.effects.warnings import warn
from chalicelib.places.page import EntrancePages
from chalicelib.places.service.bindings import Bindings
from chalicelib.places.service.checkins import Checkins
from chalicelib.places.service.entrances import Entrances
from chalicelib.places.service.gates import Gates
from chalicelib.places.service.kiosks import Kiosks
from chalicelib.places.service.live import LiveList
from chalicelib.places.service.lookups import Lookups
from chalicelib.places.service.occupancy import Occupancy
from chalicelib.places.service.places import Places
from chalicelib.places.service.staff import StaffMembers
from chalicelib.places.service.statistics import PlaceStatistics
from chalicelib.places.service.succession import PLACE_HANDED_OVER, PlaceSuccession
from chalicelib.places.service.suspensions import Suspensions
from chalicelib.places.service.visit_export import VisitExport
from chalicelib.places.service.visit_sweep import VisitSweep
from chalicelib.places.service.visits import Visits
from chalicelib.places.service.warnings import EarlyWarnings

app = Chalice(app_name="gatebook", configure_logs=False)


def compose(
    sms: SmsSender | None = None, source: CitySource | None = None, travel: TravelVerifier | None = None
) -> Services:
    """Put the service together. What is not given is the city's own: its SMS sender, its health source, who knows of travel."""
    sms, macs, cipher = sms or city_sender(), IdentityMacs(), FieldCipher()
    source, codes = source or city_source(macs, cipher), Codes(sms, macs)
    identity, erasure, people_effects = Identity(source, macs, cipher), Erasure(), PeopleEffects()
    dependants = Dependants(source, codes, macs, cipher)
    emails, channels = Emails(cipher), ChannelChoices(cipher)
    alert_sender = AlertSender([Sms(sms, cipher), emails], emails)
    books, memberships, statistics = Books(), Memberships(source), Statistics()
    standings, status = Standings(source), Status(source)
    health_codes, passes = HealthCode(status, travel or city_verifier()), Passes(status)
    ledger_effects, registry_effects, work = LedgerEffects(), RegistryEffects(status), Work()

    identity.on_person_verified(status.on_verified)
    health_codes.signs_passes(passes.issue)
    erasure.blocks_erasure(books.held_by)
    dependants.on_person_verified(status.on_verified)
    erasure.on_person_erasing(memberships.leave_all, channels.forget, dependants.forget)
    emails.asks(Managed())
    ledger_effects.on_entry("ERASURE", sweep_messages, sweep_channels, sweep_alerts, sweep_visits, *sweeps_of(source))
    ledger_effects.on_entry("BOOK_DELETED", unbind_deleted, sweep_book)
    ledger_effects.on_entry("EXPORT", begin_export)
    ledger_effects.on_entry(POLICY_CHANGED, standings.begin)
    work.on(ExportRow.KIND, ExportRow, export_step)
    work.on(RECOMPUTE, PolicyWork, standings.recompute)
    registry_effects.on_facts_changed(standings.refresh)
    people_effects.on_status_changed(carry_status)
    alert_sender.asks(Audiences())

    return Services(
        codes, Sessions(codes, macs, source), identity, dependants, Privacy(), Certificates(), erasure, books,
        Departments(), Admins(), Invitations(), memberships, FamilyMemberships(), Members(), Placements(), Search(macs),
        statistics, Exports(statistics), ExportList(), Rosters(), Succession(), Policies(), standings, status,
        health_codes, passes, PaperPasses(), Declarations(), Family(status, passes.issue), Messages(status),
        Deliveries(cipher), HeldBatches(), ledger_effects, registry_effects, people_effects, work, alert_sender, channels,
        OrganizationAlerts(), *compose_places(status, erasure, people_effects, ledger_effects),
        *compose_night(source, status, registry_effects), Reminders(sms, cipher),
    )  # fmt: skip


def compose_places(
    status: Status, erasure: Erasure, people_effects: PeopleEffects, ledger_effects: LedgerEffects
) -> list[Any]:
    """Put together what runs places, and say what reacts to what there."""
    places, staff, visit_counts = Places(status), StaffMembers(), VisitCounts()

    erasure.blocks_erasure(places.held_by)
    erasure.on_person_erasing(staff.leave_all)
    people_effects.on_status_changed(suspend_by_state)
    for handed_over in (HANDED_OVER, PLACE_HANDED_OVER):
        ledger_effects.on_entry(handed_over, fan_out)
    visit_counts.on_counted(warn)

    return [
        places, Gates(), staff, Suspensions(), Bindings(), PlaceSuccession(status),
        Checkins(status, Occupancy(), Lookups(IdentityMacs())), Visits(), PlaceStatistics(), EarlyWarnings(), visit_counts,
        LiveList(), VisitExport(), VisitSweep(), Kiosks(IdentityMacs()),
        CodePages(InvitationPages(Invitations()), EntrancePages(Entrances())),
    ]  # fmt: skip


def compose_night(source: CitySource, status: Status, registry_effects: RegistryEffects) -> list[Any]:
    """Put together what a city does by itself each night."""
    retention = Retention()

    retention.on_book(chalicelib.alerts.times.of_book, chalicelib.groups.times.of_book)
    for feature in (chalicelib.alerts, chalicelib.groups, chalicelib.health, chalicelib.places):
        retention.on_city(feature.times.of_city)

    return [Review(status), Sync(source, registry_effects.tell), SyncRuns(), Rotation(), retention]


services = Services.lazily(compose)

for blueprint in (
    chalicelib.http.city.routes,
    chalicelib.http.codes.routes,
    chalicelib.http.routes.routes,
    *chalicelib.people.routes.BLUEPRINTS,
    *chalicelib.health.routes.BLUEPRINTS,
    chalicelib.alerts.routes.routes,
    *chalicelib.groups.routes.BLUEPRINTS,
    *chalicelib.places.routes.BLUEPRINTS,
):
    app.register_blueprint(blueprint)
bind(app, services.get)


@app.lambda_function(name="alerts-sender")
def alerts_sender(event: dict[str, Any], context: object) -> BatchAnswer:
    """Alerts to whom they concern, by the ways they chose."""
    return services.get(AlertSender).handle(event)


@app.lambda_function(name="checkins-stream")
def checkins_stream(event: dict[str, Any], context: object) -> BatchAnswer:
    """Check-ins into the numbers of places and of the city, and into early warnings."""
    return services.get(VisitCounts).handle(event)


@app.lambda_function(name="ledger-stream")
def ledger_stream(event: dict[str, Any], context: object) -> BatchAnswer:
    """Disclosures into access logs, erasures and deleted books into sweeps."""
    return services.get(LedgerEffects).handle(event)


@app.lambda_function(name="members-stream")
def members_stream(event: dict[str, Any], context: object) -> BatchAnswer:
    """Joining, sharing, moving and leaving into the numbers that managers see."""
    return count_members(event)


@app.lambda_function(name="people-stream")
def people_stream(event: dict[str, Any], context: object) -> BatchAnswer:
    """Changes of status into history, into what organizations see, and into alerts."""
    return services.get(PeopleEffects).handle(event)


@app.lambda_function(name="registry-stream")
def registry_stream(event: dict[str, Any], context: object) -> BatchAnswer:
    """New facts into statuses and snapshots, changed phones into doubts."""
    return services.get(RegistryEffects).handle(event)


@app.lambda_function(name="worker")
def worker(event: dict[str, Any], context: LambdaContext) -> BatchAnswer:
    """What takes longer than a call, slice by slice."""
    return services.get(Work).handle(event, context)


@app.lambda_function(name="reminders")
def reminders(event: dict[str, Any], context: object) -> int:
    """Each day from nine on: who is to be reminded of what is overdue."""
    return recorded("reminders", services.get(Reminders).run)


@app.lambda_function(name="reminders-worker")
def reminders_worker(event: dict[str, Any], context: LambdaContext) -> BatchAnswer:
    """Reminders, member by member."""
    return services.get(Reminders).handle(event, context)


@app.lambda_function(name="review")
def review(event: dict[str, Any], context: LambdaContext) -> int:
    """Each night: the statuses whose window closed."""
    return recorded("review", lambda: services.get(Review).run(context))


@app.lambda_function(name="sync")
def sync(event: dict[str, Any], context: object) -> int:
    """Each night: what the sources know becomes what the city shows, for everybody."""
    return recorded("sync", lambda: services.get(Sync).tend(anew=bool(event.get("anew"))))


@app.lambda_function(name="sync-worker")
def sync_worker(event: dict[str, Any], context: LambdaContext) -> BatchAnswer:
    """Pieces of the nightly sync, page by page."""
    return services.get(Sync).handle(event, context)


@app.lambda_function(name="visits-sweep")
def visits_sweep(event: dict[str, Any], context: LambdaContext) -> int:
    """Each night: check-ins that are older than the city keeps them."""
    return recorded("visits_sweep", lambda: services.get(VisitSweep).run(context))


@app.lambda_function(name="retention")
def retention(event: dict[str, Any], context: LambdaContext) -> int:
    """Each night: what else is past its time, in a twenty-eighth of the city."""
    return services.get(Retention).run(event, context)


@app.lambda_function(name="rotate-keys")
def rotate_keys(event: dict[str, Any], context: object) -> int:
    """Each night: new versions of the session key and of the key of passes, as they are due."""
    return recorded("rotate_keys", services.get(Rotation).renew_what_is_due)
