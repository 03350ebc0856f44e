"""The frame of the benches: what can be asked for, and what is said to a wrong request."""

import pytest

from scripts.benches.__main__ import BENCHES, main


def test_help_names_every_bench(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    listed = capsys.readouterr().out.split()
    assert ended.value.code == 0
    assert set(BENCHES) <= set(listed)


def test_an_unknown_bench_is_told_with_those_that_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["alert-latencies"])

    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert "'alert-latencies'" in told
    assert "'alert-latency'" in told


def test_each_bench_tells_its_own_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["hits", "--help"])

    told = capsys.readouterr().out.split()
    assert ended.value.code == 0
    assert {"--json", "--quick", "--under-way"} <= set(told)


def test_an_option_of_another_bench_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["hits", "--engines", "embedded"])

    assert ended.value.code == 2
    assert "--engines" in capsys.readouterr().err
