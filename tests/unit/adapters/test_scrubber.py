"""How often the list is recounted: by what that costs, not by what the machine makes it wait."""

from datetime import timedelta

from adapters.edge.scrubber import Scrubber
from tests.unit.adapters.world import TONG, World


def scrubber_of(world: World) -> Scrubber:
    return next(loop for loop in world.edge.loops if isinstance(loop, Scrubber))


async def next_part_in(world: World) -> timedelta:
    """After one part, from its beginning on."""
    scrubber = scrubber_of(world)
    world.clock.jump(seconds=2)
    began = world.clock.now()
    assert await scrubber.step()
    due = await scrubber.next_due()
    assert due is not None
    return due - began


async def test_a_short_list_is_recounted_a_part_every_two_seconds(listed: World) -> None:
    listed.clock.effort_s = 0.001

    assert await next_part_in(listed) == timedelta(seconds=2)


async def test_of_a_long_list_a_part_is_a_twenty_second_of_its_turn(listed: World) -> None:
    listed.clock.effort_s = 0.25

    assert await next_part_in(listed) == timedelta(seconds=5.5)


async def test_what_the_machine_makes_it_wait_is_taken_off_its_rest(listed: World) -> None:
    listed.clock.effort_s = 0.25
    listed.clock.waits_s = 1

    assert await next_part_in(listed) == timedelta(seconds=5.5)


async def test_who_was_kept_waiting_longer_than_its_turn_goes_on_at_once(listed: World) -> None:
    listed.clock.waits_s = 30

    assert await next_part_in(listed) == timedelta(seconds=2)
    assert await scrubber_of(listed).step()


async def test_the_parts_of_two_epochs_are_one_turn(listed: World) -> None:
    listed.court.log = []
    new = listed.court.rolls()
    await listed.beat()
    await new.lists(9_202, TONG)
    await listed.beat()
    listed.clock.effort_s = 0.25

    assert await next_part_in(listed) == timedelta(seconds=11)
