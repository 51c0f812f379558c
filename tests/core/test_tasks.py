"""Tasks that run until they are cancelled end, even when a cancellation is lost."""

import asyncio

import pytest

from core.tasks import cancel, end, outcome_of


async def deaf(losses: int) -> None:
    """Run on, as a loop does whose `wait_for` forgets that it was cancelled."""
    for _ in range(losses):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue
    await asyncio.Event().wait()


@pytest.mark.parametrize("losses", [0, 1, 2])
async def test_a_task_that_lost_a_cancellation_is_cancelled_again(losses: int):
    task = asyncio.create_task(deaf(losses))
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end(task, patience_s=0.01)
    assert task.cancelled()


async def test_a_task_is_left_the_time_to_put_things_in_order():
    steps: list[str] = []

    async def orderly() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)
            steps.append("in order")

    task = asyncio.create_task(orderly())
    await asyncio.sleep(0)
    await end(task)
    assert steps == ["in order"]


async def test_what_a_task_ended_with_is_told():
    async def broken() -> None:
        raise ValueError("why")

    task = asyncio.create_task(broken())
    await asyncio.wait([task])
    with pytest.raises(ValueError, match="why"):
        await end(task)


async def test_of_many_tasks_each_ends_and_keeps_what_it_ended_with():
    async def broken() -> None:
        raise ValueError("why")

    tasks = [asyncio.create_task(one) for one in (deaf(0), deaf(1), broken())]
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await cancel(*tasks, patience_s=0.01)
    assert [task.cancelled() for task in tasks] == [True, True, False]
    assert repr(tasks[2].exception()) == "ValueError('why')"
    await cancel()


async def test_of_work_it_is_told_what_went_wrong_and_of_many_errors_the_first():
    async def works() -> None: ...

    async def fails() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(broken())
            tasks.create_task(asyncio.sleep(60))

    async def broken() -> None:
        raise ValueError("why")

    assert await outcome_of(works()) is None
    assert repr(await outcome_of(fails())) == "ValueError('why')"


async def test_work_ends_with_who_waits_for_it():
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    waiting = asyncio.create_task(outcome_of(work()))
    await asyncio.sleep(0.01)
    await end(waiting)
    assert (waiting.cancelled(), ended.is_set()) == (True, True)
