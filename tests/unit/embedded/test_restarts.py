"""When a dead child is started again, and when it is given up."""

from __future__ import annotations

from fenghuo.embedded.restarts import MAX_FAILURES, WINDOW_SECONDS, RestartPolicy


def test_a_healthy_child_that_is_killed_again_and_again_is_always_started_again_at_once() -> None:
    policy = RestartPolicy()
    delays = [policy.after_death(float(second), was_ready=True) for second in range(100)]
    assert all(delay is not None and delay < 1 for delay in delays)


def test_delays_of_a_child_that_cannot_start_grow_but_stay_below_5_s() -> None:
    policy = RestartPolicy()
    delays = [policy.after_death(float(second), was_ready=False) for second in range(MAX_FAILURES - 1)]
    assert delays == sorted(delays, key=lambda delay: delay or 0)
    assert all(delay is not None and delay < 5 for delay in delays)


def test_it_is_given_up_after_repeated_failure() -> None:
    policy = RestartPolicy()
    for second in range(MAX_FAILURES - 1):
        assert policy.after_death(float(second), was_ready=False) is not None
    assert policy.after_death(float(MAX_FAILURES), was_ready=False) is None


def test_old_failures_are_forgotten() -> None:
    policy = RestartPolicy()
    for number in range(20):
        assert policy.after_death(number * WINDOW_SECONDS / 2, was_ready=False) is not None


def test_having_been_ready_wipes_the_slate() -> None:
    policy = RestartPolicy()
    for second in range(MAX_FAILURES - 1):
        policy.after_death(float(second), was_ready=False)
    policy.after_death(10.0, was_ready=True)
    assert policy.after_death(11.0, was_ready=False) is not None
