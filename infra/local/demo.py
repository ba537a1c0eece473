"""Fictional people for a local city, with numbers whose check digits are right and facts of the last days.

They are the same people at every start and on every machine; only the times of the facts follow the clock. They come in
by files and the importer that operators use.
"""

import csv
import hashlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from stdnum.cn import ric

from chalicelib.core import clock
from chalicelib.core.canonical import DocumentType
from chalicelib.health.importer import Importer
from infra.cli.files import look_through
from infra.cli.importing import FileKind, import_file
from infra.source.server import Known, Register

SEED = 20220406
RESIDENTS = 282
VISITORS = 12
"""Of each kind: foreigners, people of Hong Kong and Macau, people of Taiwan."""

_LOADED = "loaded"

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋"
    "杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹"
)
_COMPOUND = ("欧阳", "司马", "诸葛", "上官", "慕容", "尉迟", "皇甫", "令狐")
_WOMEN = "芳娜敏静丽艳娟霞秀英玲燕红梅桂兰洁琳雪倩颖婷慧怡欣悦梦瑶佳琪诗涵雨萱"
_MEN = "伟强磊军洋勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆志豪天博文轩睿泽晨子"
_UYGHUR = ("阿依古丽·买买提", "古丽努尔·艾山", "买买提·吐尔逊", "阿迪力·艾合买提")
_FOREIGN = ("ANNA KOWALSKA", "JOHN SMITH", "MARÍA GARCÍA", "KIM MIN-JI", "O'BRIEN SEAN", "TANAKA YUKI")
_TRADITIONAL = ("陳嘉欣", "黃志強", "林美玲", "歐陽子健", "張永康", "李慧珍", "吳家豪", "劉詠詩")
_COUNTIES = ("110101", "371302", "440902", "350521", "310104", "440106", "510104", "330106", "420102", "610102")
_PHONE_STARTS = ("135", "136", "138", "139", "150", "158", "176", "186", "189", "199")
_PLACES = ("第一人民医院", "社区卫生服务中心", "体育馆采样点", "火车站采样点", "Airport test site")


@dataclass(frozen=True)
class DemoPerson:
    """One fictional person as people.csv lists them."""

    document_type: DocumentType
    document_number: str
    name: str
    phone: str


_SHOWN = (
    DemoPerson(DocumentType.RESIDENT_ID, "420102196108011005", "王芳", "13968056000"),
    DemoPerson(DocumentType.RESIDENT_ID, "510104199505171019", "欧阳雨萱", "15059003001"),
    DemoPerson(DocumentType.RESIDENT_ID, "110101200806091022", "李伟", "17663167002"),
    DemoPerson(DocumentType.RESIDENT_ID, "440902197002171037", "阿依古丽·买买提", "19962462003"),
    DemoPerson(DocumentType.RESIDENT_ID, "610102196109251049", "诸葛明", "18910525004"),
    DemoPerson(DocumentType.RESIDENT_ID, "350521195909141051", "陈静", "18677764005"),
)
"""Named to whoever starts a city; docs/api.md plays two of them."""


@dataclass(frozen=True)
class DemoFact:
    """One fact as facts.csv lists them."""

    fact_id: str
    document_type: DocumentType
    document_number: str
    kind: str
    occurred_at: str
    result: str
    place: str
    source: str
    reported_at: str


def load_demo(folder: Path, *, is_new: bool, say: Callable[[str], None]) -> None:
    """Write the demo's files and import them, unless these same people are in already (and the tables are not new)."""
    people = demo_people()
    loaded, mark = folder / _LOADED, hashlib.sha256(repr(people).encode()).hexdigest()
    if not is_new and loaded.exists() and loaded.read_text() == mark:
        return
    facts = demo_facts(people, clock.now())
    folder.mkdir(parents=True, exist_ok=True)
    loaded.unlink(missing_ok=True)
    say(f"Loading {len(people)} fictional people and {len(facts)} facts about them …")
    for kind, rows in ((FileKind.PEOPLE, people), (FileKind.FACTS, facts)):
        path = folder / f"{kind}.csv"
        _write(path, kind.columns, [vars(row) for row in rows])
        import_file(kind, look_through(path, kind.columns), lambda _: None)
    loaded.write_text(mark)


def demo_register(folder: Path) -> Register:
    """The demo's people and facts as a reference source knows them; the list of its people is written as for an import."""
    people = demo_people()
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / f"{FileKind.PEOPLE}.csv", FileKind.PEOPLE.columns, [vars(row) for row in people])
    known = {(one.document_type.value, one.document_number): Known(*_as_known(one)) for one in people}
    for fact in demo_facts(people, clock.now()):
        said = {name: str(value) for name, value in vars(fact).items() if name in FACT}
        known[fact.document_type.value, fact.document_number].facts.append(said)
    return Register(list(known.values()))


FACT = ("fact_id", "kind", "occurred_at", "result", "place", "reported_at")
"""What a source says of a fact."""


def _as_known(person: DemoPerson) -> tuple[str, str, str, str]:
    return person.document_type.value, person.document_number, person.name, person.phone


def renew_freshness() -> None:
    """Say that a new registry is up to date now; later the nightly sync does (design §4, "Freshness")."""
    Importer().finish()


def demo_people() -> list[DemoPerson]:
    """The people of the demo: residents first, then visitors."""
    documents = [*_resident_ids(_chance("documents")), *_visitor_documents(_chance("visitors"))]
    chance = _chance("names")
    names = [_name(chance, *document) for document in documents]
    phones = _phones(_chance("phones"), len(documents))
    others = [DemoPerson(*document, *rest) for document, *rest in zip(documents, names, phones, strict=True)]
    return [*_SHOWN, *others]


def shown_people() -> list[DemoPerson]:
    """Some people for a first look, one of each kind of document among them."""
    return [*_SHOWN, *demo_people()[len(_SHOWN) + RESIDENTS :: VISITORS]]


def demo_facts(people: Sequence[DemoPerson], now: datetime) -> list[DemoFact]:
    """What is known of the people at the aware moment `now`: mostly good news, some not."""
    chance = _chance("facts")
    found: list[DemoFact] = []
    for person in people:
        for kind, result, age in _history(chance, is_shown=person in _SHOWN):
            at = clock.iso(now - age)
            fact_id = f"demo-{len(found):05}"
            place, source = chance.choice(_PLACES), "demo"
            document = person.document_type, person.document_number
            found.append(DemoFact(fact_id, *document, kind, at, result, place, source, at))
    return found


def _chance(purpose: str) -> random.Random:
    """The same dice each time, and others for each purpose, so that a change to one column leaves the rest alone."""
    return random.Random(f"{SEED} {purpose}")  # noqa: S311


def _history(chance: random.Random, *, is_shown: bool) -> Iterator[tuple[str, str, timedelta]]:
    """Kinds, results and ages of what is known of one person; of a shown one there is always something to share."""
    for test in range(max(chance.choice((0, 1, 1, 2, 3)), is_shown)):
        result = "positive" if chance.random() < 0.01 and not is_shown else "negative"  # noqa: PLR2004
        yield "nucleic_acid", result, timedelta(days=test, minutes=chance.randrange(10, 1400))
    for dose in range(1, max(chance.choice((0, 1, 2, 2, 3, 3)), is_shown) + 1):
        yield "vaccination", str(dose), timedelta(days=400 - 120 * dose + chance.randrange(30))
    if chance.random() < 0.3:  # noqa: PLR2004
        result = "pending" if chance.random() < 0.1 else "clear"  # noqa: PLR2004
        yield "travel_check", result, timedelta(hours=chance.randrange(1, 72))
    if chance.random() < 0.03:  # noqa: PLR2004
        yield "high_risk_travel", chance.choice(("high", "medium")), timedelta(days=chance.randrange(1, 10))


def _resident_ids(chance: random.Random) -> Iterator[tuple[DocumentType, str]]:
    """Resident IDs, each with its own sequence number, so that no two are equal; those of the shown are not used."""
    for index in range(len(_SHOWN), len(_SHOWN) + RESIDENTS):
        born = date(1940, 1, 1) + timedelta(days=chance.randrange(365 * 74))
        body = f"{chance.choice(_COUNTIES)}{born:%Y%m%d}{index + 100:03}"
        yield DocumentType.RESIDENT_ID, body + ric.calc_check_digit(f"{body}0")


def _visitor_documents(chance: random.Random) -> Iterator[tuple[DocumentType, str]]:
    for index in range(VISITORS):
        yield DocumentType.PASSPORT, f"{chance.choice('EGKNX')}{chance.randrange(10**5):05}{index:03}"
    for index in range(VISITORS):
        yield DocumentType.HK_MACAU_PERMIT, f"{'HM'[index % 2]}{chance.randrange(10**5):05}{index:03}"
    for index in range(VISITORS):
        yield DocumentType.TAIWAN_PERMIT, f"{chance.randrange(10**5):05}{index:03}"


def _name(chance: random.Random, kind: DocumentType, number: str) -> str:
    if kind is not DocumentType.RESIDENT_ID:
        names = _FOREIGN if kind is DocumentType.PASSPORT else _TRADITIONAL
        return names[(int(number[1:]) + len(kind)) % len(names)]
    if chance.random() < 0.02:  # noqa: PLR2004
        return chance.choice(_UYGHUR)
    surname = chance.choice(_COMPOUND) if chance.random() < 0.05 else chance.choice(_SURNAMES)  # noqa: PLR2004
    given = _MEN if int(number[16]) % 2 else _WOMEN
    return surname + "".join(chance.sample(given, chance.choice((1, 2, 2))))


def _phones(chance: random.Random, count: int) -> Iterator[str]:
    """Mainland mobile numbers, no two equal."""
    for index in range(len(_SHOWN), len(_SHOWN) + count):
        yield f"{chance.choice(_PHONE_STARTS)}{chance.randrange(10**5):05}{index:03}"


def _write(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
