"""The English titles and bodies of push messages, in the markup of `markup`: the same as in `chinese`."""

from typing import Final

from notifications.texts.ids import TextId

_TRAIN = "[? - train {service}[? coach {coach}[? {berth}]]]"
_PLAN = " - {act_at} {act_place}"

PUSH: Final = {
    TextId.PLANNED_JUDGE: (
        f"Sighting{_PLAN}",
        f"{{case}} {{surname}}{_TRAIN} - open for time left and papers",
    ),
    TextId.PLANNED_DUTY: (
        f"Duty alert{_PLAN}",
        f"{{case}} {{surname}}{_TRAIN}[? - Judge {{judge}}] - open for time left and papers",
    ),
    TextId.IMMINENT: (
        "URGENT - {case}",
        f"{{surname}}{_TRAIN} - {{whereabouts}} - open for time left and papers",
    ),
    TextId.LADDER: (f"Nobody has it{_PLAN}", "{case} {surname}[? - open since {raised_at}]"),
    TextId.TAKEN: ("Taken - {case}", "{surname} - {taker} took it at {taken_at}"),
    TextId.PLAN_CHANGED: (
        f"Plan changed{_PLAN}",
        f"{{case}} {{surname}}{_TRAIN}[? - {{previous_plan}} void] - open for time left and papers",
    ),
    TextId.PLAN_CONFIRMED: (
        f"Plan confirmed{_PLAN}",
        "{case} {surname} - passed the gate at {sighted_place} {sighted_at}",
    ),
    TextId.NOBODY_DISPATCHED: (f"Nobody sent{_PLAN}", "{case} {surname}[? - no team by {act_from}]"),
    TextId.NOT_ARRIVED: (
        f"Not there yet{_PLAN}",
        "{case} {surname} - the team has not reported[? - led by {leader}]",
    ),
    TextId.TRACE: ("Trace - {case}", "{surname} - {whereabouts} - too late to act, for the search only"),
    TextId.AT_ACT_POINT: (
        "At the act point - {sighted_at} {sighted_place}[? {sighted_detail}]",
        "{case} {surname} - act as dispatched",
    ),
    TextId.DISPATCHED: (
        f"Dispatch{_PLAN}",
        "{case} {surname}[? - meet {muster_at}{muster_place}][? - led by {leader}]",
    ),
    TextId.PAUSED: ("PAUSE - {case}", "{surname}, search suspended - do not stop the person, stay near"),
    TextId.RESUMED: ("Resumed - {case}", f"{{surname}} is wanted again{_PLAN} - check before you act"),
    TextId.OTHER_CASE_STANDS: (
        "Case changed - {case}",
        "{surname} {case_state} - {other_case} stands - {other_measure_phrase}",
    ),
    TextId.PLAN_ENDED: (
        "Plan cancelled - {case}",
        "{surname} {act_day}[? train {service}] refunded - do not set out for now",
    ),
    TextId.CONFIRMATION_DUE: (
        "Answer due - {case}",
        "{agency} waits for your check of {surname} until {confirm_by}",
    ),
    TextId.BORDER_COUNTER: (
        "Border - {case}",
        "{surname} - {sighted_clock} at {sighted_place} {border_counter}[? - {exit_ban}]"
        " - check by {confirm_by}",
    ),
    TextId.STAND_DOWN: (
        "STOP - {case}",
        "{surname} {reason} {performed_at} - do not search, do not stop[? - {release_order}]",
    ),
    TextId.STAND_DOWN_RECEIPT_MISSING: (
        "STOP - {case}",
        "{surname} {reason} {performed_at} - do not search, do not stop[? - {release_order}] - "
        "no receipt yet from {missing_agency}",
    ),
    TextId.WRONG_PERSON: ("STOP - {case}", "This is not the person sought - end contact and release at once"),
    TextId.AFTER_OUTCOME: (
        "{closing_title} - {case}",
        "{surname} {closing} {performed_at} - do not search any more",
    ),
    TextId.HOLD_HALF_GONE: ("Hold - {case}", "{surname} held by {held_by} - hand over by {release_at}"),
    TextId.LINE_SILENT: (
        "Line silent - {agency}",
        "No heartbeat and no receipt since {silent_from} - its list may be out of date - "
        "call their duty desk",
    ),
    TextId.LINE_HEARD: ("Line back - {agency}", "Heard again since {heard_at} - silent from {silent_from}"),
    TextId.END_OR_RESUME: (
        "To decide - {case}",
        "{surname}[? {reason} {performed_at}], suspended - end or resume the entry",
    ),
    TextId.END_OR_KEEP: (
        "To decide - {case}",
        "{surname}, the alert has its outcome - end or keep the entry",
    ),
    TextId.ENTRY_ENDS: ("Entry ends - {case}", "{surname}, last day {last_day}, then removed"),
    TextId.VALIDATION_DUE: ("Validate - {case}", "{surname} by {validate_by}, else suspended"),
    TextId.LINE_CLOSED: (
        "Line closed - {agency}",
        "It has no list any more, screens and reports nobody - open to see why",
    ),
    TextId.MESSAGE_REFUSED: (
        "Message refused - {agency}",
        "It cannot be read, perhaps a sighting, no alert - call their duty desk - open to see why",
    ),
    TextId.WORK_LATE: (
        "System - {work}",
        "Late since {late_from} - alerts may come late - look at the system now",
    ),
    TextId.WORK_ON_TIME: ("System - {work}", "On time again since {caught_up_at} - late from {late_from}"),
    TextId.DRILL: ("Test alert - {agency}", "{act_place} {act_clock} - no real person - take it as if real"),
    TextId.DRILL_LADDER: ("Nobody has it - {agency}", "Open since {raised_at} - no real person"),
    TextId.DRILL_TAKEN: ("Taken - {agency}", "{taker} took it at {taken_at}"),
    TextId.DRILL_OVER: ("Over - {agency}", "Nobody took it since {raised_at}"),
    TextId.IMPORT_LISTED: (
        "Import done",
        "Rows on the list: {rows_listed}[?, not taken: {rows_refused}] - open to see them",
    ),
    TextId.WRONG_REPLIES: (
        "Wrong replies - {member}",
        "{wrong_replies} within an hour from that phone - somebody may forge the number - call to check",
    ),
    TextId.SMS_STOPPED: (
        "SMS stopped - {member}",
        "Replied STOP, no alert goes to that phone by SMS - call them",
    ),
    TextId.CHANNEL_TEST: ("Test", "This way the court's alerts reach you"),
    TextId.PROBE: ("Probe", "Sent by {provider}"),
    TextId.PROVIDER_SILENT: (
        "SMS line - {provider}",
        "Two probes did not arrive - call the provider",
    ),
    TextId.PROVIDER_HEARD: ("SMS line back - {provider}", "A probe has arrived again"),
    TextId.CHANNELS_BACK: ("SMS is back - {member}", "The device test ran out - test it again"),
    TextId.DEVICE_TEST_DUE: (
        "Device test",
        "It does not count from {counts_until} on - open to test it under Devices",
    ),
    TextId.NUMBER_DEAD: (
        "Dead number - {member}",
        "Nothing reaches that phone any more - change it before the next shift",
    ),
    TextId.SHIFT_HANDED_OVER: (
        "Hand-over - alerts open: {open_alerts}",
        "Your shift begins {shift_at} - nearest {act_clock} {act_place}, {alert_state} - open to confirm",
    ),
    TextId.SWAP_ASKED: (
        "Swap asked - {colleague}",
        "{post} {shift_at} for {given_shift_at} - open to answer",
    ),
    TextId.SWAP_AGREED: ("Swapped - {colleague}", "You do {post} {shift_at}, not {given_shift_at}"),
    TextId.SWAP_REFUSED: ("No swap - {colleague}", "{post} {shift_at} stays yours"),
    TextId.SWAP_WITHDRAWN: ("Swap taken back - {colleague}", "Your shifts stay as they are"),
    TextId.ROSTER_GAP: (
        "Roster gap[? - {post}]",
        "[?Nobody {gap_from} to {gap_until}][?, gaps in all: {gaps}]"
        "[?, people out of reach: {phoneless}] - open to fill it",
    ),
    TextId.CALENDAR_MISSING: (
        "Holidays - {year} is not entered",
        "Rosters and terms count plain weekends - open to enter it",
    ),
    TextId.NOBODY_REACHED: (f"NOBODY REACHED{_PLAN}", "{case} {surname} - nobody on duty can be reached"),
    TextId.NOBODY_TO_CALL: (
        "NOBODY REACHED - {case}",
        "Nobody on duty can be reached - check roster and phones now",
    ),
    TextId.MISSED: (
        "Missed alerts",
        "{missed} that nobody acted on in time[?, the first since {missed_from}] - record outcome and reason",
    ),
    TextId.OFFERED: (
        f"Please take over{_PLAN}",
        "{case} {surname}[? - asks {taker}] - open for time left and papers",
    ),
    TextId.OFFER_LAPSED: (
        "Still yours - {case}",
        "{surname} - {colleague} has not taken it - find somebody else",
    ),
    TextId.MORE_ALERTS: ("More alerts - {more} more", f"The next: {{case}} {{surname}}{_PLAN}"),
    TextId.ACT_POINT_MOVED: (f"Act point moved{_PLAN}", "{case} {surname} - open for time left and papers"),
}
