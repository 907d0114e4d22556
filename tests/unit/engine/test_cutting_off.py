"""Work that is cut off ends, also work that takes the first cancellations for something else."""

import asyncio
import contextlib

import pytest

from tieout.engine.cutting_off import cut_off, work_until

FOR_EVER_S = 3_600


async def deaf(times: int) -> None:
    """As a driver's wait that ended at the moment of the cancellation."""
    for _ in range(times):
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(FOR_EVER_S)
    await asyncio.sleep(FOR_EVER_S)


@pytest.mark.parametrize("times", [0, 1, 3])
async def test_work_that_takes_cancellations_for_itself_ends_all_the_same(times: int) -> None:
    working = asyncio.create_task(deaf(times))
    await asyncio.sleep(0)
    await cut_off(working, again_after_s=0.01)
    assert working.cancelled()


async def test_work_is_cut_off_as_soon_as_somebody_wants_it_to_stop() -> None:
    stop = asyncio.Event()
    stop.set()
    assert not await work_until(stop, deaf(2), again_after_s=0.01)


async def test_work_that_ends_by_itself_says_so_and_what_it_raises_is_raised() -> None:
    stop = asyncio.Event()
    assert await work_until(stop, asyncio.sleep(0))

    async def failing() -> None:
        raise ValueError("a fault")

    with pytest.raises(ValueError, match="a fault"):
        await work_until(stop, failing())


async def test_what_goes_wrong_while_work_is_cut_off_is_not_raised() -> None:
    async def failing() -> None:
        try:
            await asyncio.sleep(FOR_EVER_S)
        finally:
            raise ValueError("a fault")

    working = asyncio.create_task(failing())
    await asyncio.sleep(0)
    await cut_off(working)
    assert isinstance(working.exception(), ValueError)
