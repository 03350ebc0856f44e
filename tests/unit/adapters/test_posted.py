"""What an edge has written just now: at hand as long as it is all that the store has, and in its order."""

from adapters.edge.posted import KEPT_AT_MOST, Post, Posted, in_runs


def post(message_id: str, *about: int) -> Post:
    return Post(message_id=message_id, envelope=b"", about=frozenset(about))


FIRST, SECOND, THIRD = post("m-1"), post("m-2"), post("m-3")


def test_at_first_the_store_is_to_be_read() -> None:
    posted = Posted()
    posted.take([FIRST])

    assert posted.first(50) is None


def test_from_then_on_what_is_committed_is_at_hand_in_its_order() -> None:
    posted = Posted()
    posted.begin()
    posted.take([FIRST, SECOND])
    posted.take([THIRD])
    posted.remove({"m-2"})

    assert posted.first(50) == [FIRST, THIRD]
    assert posted.first(1) == [FIRST]


def test_after_a_failure_the_store_is_read() -> None:
    posted = Posted()
    posted.begin()
    posted.forget()
    posted.take([FIRST])

    assert posted.first(50) is None


def test_more_than_may_be_kept_is_left_to_the_store() -> None:
    posted = Posted()
    posted.begin()
    posted.take([FIRST] * KEPT_AT_MOST)
    kept = posted.first(KEPT_AT_MOST)
    posted.take([SECOND])

    assert (kept, posted.first(50)) == ([FIRST] * KEPT_AT_MOST, None)


def test_what_concerns_several_people_goes_side_by_side_and_nothing_overtakes_what_concerns_the_same() -> (
    None
):
    tong, cheng, tong_again, receipt, other = (
        post("m-1", 71, 72),
        post("m-2", 73),
        post("m-3", 72),
        post("m-4"),
        post("m-5", 74),
    )

    assert in_runs([tong, cheng, tong_again, receipt, other]) == [
        [tong, cheng],
        [tong_again],
        [receipt],
        [other],
    ]
    assert in_runs([]) == []
