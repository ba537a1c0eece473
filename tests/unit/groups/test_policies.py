"""Which policy counts for whom (R0.5)."""

import pytest

from chalicelib.groups.policies import NEVER, Policy, PolicySet, is_stored_form

TREE = PolicySet(
    3,
    {
        "/": {"": {"nucleic_acid": 7, "travel": 14, "vaccination": 180}, "teacher": {"nucleic_acid": 3}},
        "/a/": {"": {"nucleic_acid": 5}, "teacher": {"travel": NEVER}},
        "/a/b/": {"teacher": {"nucleic_acid": 1}},
    },
)


@pytest.mark.parametrize(
    ("path", "type_", "periods"),
    [
        ("/", "member", {"nucleic_acid": 7, "travel": 14, "vaccination": 180}),
        ("/", "teacher", {"nucleic_acid": 3, "travel": 14, "vaccination": 180}),
        ("/a/", "member", {"nucleic_acid": 5, "travel": 14, "vaccination": 180}),
        ("/a/", "teacher", {"nucleic_acid": 5, "vaccination": 180}),
        ("/a/b/", "teacher", {"nucleic_acid": 1, "vaccination": 180}),
        ("/a/b/", "member", {"nucleic_acid": 5, "travel": 14, "vaccination": 180}),
        ("/a/b/c/", "teacher", {"nucleic_acid": 1, "vaccination": 180}),
        ("/ab/", "teacher", {"nucleic_acid": 3, "travel": 14, "vaccination": 180}),
        ("/x/a/", "member", {"nucleic_acid": 7, "travel": 14, "vaccination": 180}),
    ],
)
def test_the_nearest_department_counts_and_there_the_own_type(path: str, type_: str, periods: dict[str, int]) -> None:
    assert TREE.of(path, type_) == periods


def test_without_policies_nothing_has_a_period() -> None:
    assert PolicySet(0, {}).of("/a/b/", "member") == {}


def test_a_policy_says_where_it_belongs() -> None:
    assert [(policy.department_id, policy.type, dict(policy.days)) for policy in TREE] == [
        (None, None, {"nucleic_acid": 7, "travel": 14, "vaccination": 180}),
        (None, "teacher", {"nucleic_acid": 3}),
        ("a", None, {"nucleic_acid": 5}),
        ("a", "teacher", {"travel": NEVER}),
        ("b", "teacher", {"nucleic_acid": 1}),
    ]
    assert len(TREE) == 5


def test_a_policy_takes_the_place_of_its_like_and_leaves_the_set_as_it_was() -> None:
    changed = TREE.with_policy(Policy("/a/", None, {"travel": 2}))

    assert PolicySet(4, changed).of("/a/", "member") == {"nucleic_acid": 7, "travel": 2, "vaccination": 180}
    assert TREE.of("/a/", "member")["nucleic_acid"] == 5


def test_a_policy_that_is_taken_away_leaves_no_empty_place() -> None:
    assert TREE.without("/a/b/", "teacher") == {path: TREE.stated[path] for path in ("/", "/a/")}
    assert TREE.without("/a/b/", None) == TREE.without("/nowhere/", "teacher") == TREE.stated


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {"/": []},
        {"/": {"": 7}},
        {"/": {"": {"nucleic_acid": "7"}}},
        {"/": {"": {"nucleic_acid": -1}}},
        {"/": {"": {"nucleic_acid": True}}},
        {"/": {"": {"fever": 7}}},
    ],
)
def test_what_was_damaged_is_no_stored_form(value: object) -> None:
    assert not is_stored_form(value)
    assert is_stored_form(TREE.stated)
