"""Encrypted fields: a value opens in its own row, field and city, and nowhere else (R-22, R-23)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from chalicelib.core import clock, fields, ids, store
from chalicelib.core.errors import Broken
from chalicelib.core.fields import DataKeyRow, FieldCipher, FieldClass
from chalicelib.core.settings import Settings
from tests.support.rows import spoil
from tests.support.seam import Seam, aws_error

pytestmark = pytest.mark.usefixtures("whole_run")

ROW = "people|somebody|PERSON"
NAME = "王芳"


def test_a_sealed_value_opens_again() -> None:
    cipher = FieldCipher()

    assert cipher.open(FieldClass.NAME, ROW, cipher.seal(FieldClass.NAME, ROW, NAME)) == NAME


def test_another_process_opens_it_too() -> None:
    sealed = FieldCipher().seal(FieldClass.NAME, ROW, NAME)

    assert FieldCipher().open(FieldClass.NAME, ROW, sealed) == NAME


def test_a_sealed_value_is_short_and_shows_nothing() -> None:
    cipher = FieldCipher()

    sealed = cipher.seal(FieldClass.DOCUMENT, ROW, "1" * 18)

    assert len(sealed) == 1 + 16 + 12 + 18 + 16
    assert b"1111" not in sealed
    assert cipher.seal(FieldClass.DOCUMENT, ROW, "1" * 18) != sealed


def test_a_value_moved_to_another_row_or_field_is_broken() -> None:
    cipher = FieldCipher()
    sealed = cipher.seal(FieldClass.NAME, ROW, NAME)

    with pytest.raises(Broken):
        cipher.open(FieldClass.NAME, "people|somebody else|PERSON", sealed)
    with pytest.raises(Broken):  # the other class has no key of that name
        cipher.open(FieldClass.PHONE, ROW, sealed)


def test_a_value_moved_to_another_city_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    cipher = FieldCipher()
    sealed = cipher.seal(FieldClass.NAME, ROW, NAME)
    cipher.open(FieldClass.NAME, ROW, sealed)  # now it holds the key, whatever KMS would say to another city
    monkeypatch.setattr(fields, "settings", lambda: Settings(city_name="linyi", endpoint_url=None, in_lambda=False))

    with pytest.raises(Broken):
        cipher.open(FieldClass.NAME, ROW, sealed)


def test_a_data_key_does_not_unwrap_for_another_field_or_city(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = FieldCipher().seal(FieldClass.NAME, ROW, NAME)
    monkeypatch.setattr(fields, "_context", lambda _: {"city": "demo", "field": "phone"})

    with pytest.raises(ClientError, match="InvalidCiphertext"):
        FieldCipher().open(FieldClass.NAME, ROW, sealed)


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x02" + bytes(60), b"\x01" + bytes(28), b"\x01" + bytes(60)])
def test_what_nobody_sealed_is_broken(sealed: bytes) -> None:
    with pytest.raises(Broken):
        FieldCipher().open(FieldClass.NAME, ROW, sealed)


def test_a_value_with_a_byte_changed_is_broken() -> None:
    cipher = FieldCipher()
    sealed = cipher.seal(FieldClass.NAME, ROW, NAME)

    for place in (0, 17, len(sealed) // 2, len(sealed) - 1):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(Broken):
            cipher.open(FieldClass.NAME, ROW, bytes(changed))


def test_each_class_has_a_key_of_its_own_which_is_used_again(faults: Seam) -> None:
    cipher = FieldCipher()

    for _ in range(3):
        for field in FieldClass:
            cipher.seal(field, ROW, NAME)

    assert faults.counts == {"GenerateDataKey": len(FieldClass), "PutItem": len(FieldClass)}


def test_the_same_key_is_unwrapped_once(faults: Seam) -> None:
    sealed = [cipher.seal(FieldClass.NAME, ROW, NAME) for cipher in [FieldCipher()] for _ in range(3)]
    reader = FieldCipher()
    faults.calls.clear()

    assert [reader.open(FieldClass.NAME, ROW, one) for one in sealed] == [NAME] * 3

    assert faults.operations == ["BatchGetItem", "Decrypt"]


def test_a_key_is_replaced_after_a_day_and_old_values_stay_readable(faults: Seam) -> None:
    cipher = FieldCipher()
    with clock.frozen(clock.now()) as time:
        first = cipher.seal(FieldClass.NAME, ROW, NAME)
        time.tick(24 * 3600 - 1)
        same_day = cipher.seal(FieldClass.NAME, ROW, NAME)
        time.tick(1)
        next_day = cipher.seal(FieldClass.NAME, ROW, NAME)

    assert faults.counts["GenerateDataKey"] == 2
    assert first[1:17] == same_day[1:17] != next_day[1:17]
    assert FieldCipher().open(FieldClass.NAME, ROW, first) == NAME


def test_a_key_is_replaced_after_so_many_uses(monkeypatch: pytest.MonkeyPatch, faults: Seam) -> None:
    monkeypatch.setattr(fields, "KEY_USES", 2)
    cipher = FieldCipher()

    for _ in range(5):
        cipher.seal(FieldClass.NAME, ROW, NAME)

    assert faults.counts["GenerateDataKey"] == 3


def test_threads_share_one_key(faults: Seam) -> None:
    cipher = FieldCipher()

    with ThreadPoolExecutor(8) as threads:
        sealed = list(threads.map(lambda _: cipher.seal(FieldClass.NAME, ROW, NAME), range(32)))

    assert faults.counts["GenerateDataKey"] == 1
    assert len({one[17:29] for one in sealed}) == 32


def test_a_key_that_could_not_be_stored_seals_nothing(faults: Seam) -> None:
    cipher = FieldCipher()
    faults.fail("PutItem", aws_error("ThrottlingException"))

    with pytest.raises(ClientError):
        cipher.seal(FieldClass.NAME, ROW, NAME)

    sealed = cipher.seal(FieldClass.NAME, ROW, NAME)
    assert FieldCipher().open(FieldClass.NAME, ROW, sealed) == NAME


def test_a_value_whose_key_is_gone_or_damaged_is_broken() -> None:
    sealed = FieldCipher().seal(FieldClass.NAME, ROW, NAME)
    key = DataKeyRow.key(FieldClass.NAME.value, ids.from_bytes(sealed[1:17]))
    spoil(key, "wrapped")
    with pytest.raises(Broken):
        FieldCipher().open(FieldClass.NAME, ROW, sealed)

    store.delete(key)
    with pytest.raises(Broken):
        FieldCipher().open(FieldClass.NAME, ROW, sealed)
