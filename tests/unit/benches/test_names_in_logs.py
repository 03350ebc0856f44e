"""The logs that a soak leaves are searched for everybody it invents, without repeating whom it finds."""

from pathlib import Path

from scripts.invented_people import found_in_logs


def test_every_line_that_names_somebody_is_found(tmp_path: Path) -> None:
    (tmp_path / "office").mkdir()
    (tmp_path / "office" / "serve-one.log").write_text(
        '{"event":"alert-raised","alert":"a-1"}\n'
        '{"event":"alert-raised","reason":"佟大川"}\n'
        '{"event":"sent","reason":"+8610000000001 of 990000197903120139"}\n',
        encoding="utf-8",
    )
    (tmp_path / "office" / "serve-one.txt").write_text("佟大川", encoding="utf-8")

    assert list(found_in_logs(tmp_path)) == [
        "serve-one.log:2: a name",
        "serve-one.log:3: a document number",
        "serve-one.log:3: a phone",
    ]
