"""The English catalogue, in the markup of `markup`: the same texts, order of dropping and rules as in
`chinese`.

Every character is of GSM-7, so that a text of 160 characters is one segment.
"""

from notifications.texts.catalogue import Catalogue
from notifications.texts.english_push import PUSH
from notifications.texts.ids import Asks, TextId

_SMS = {
    TextId.PLANNED_JUDGE: (
        "Sighting: {case} {surname}[?, [3train ]{service}[1 coach {coach}[? {berth}]]], "
        "{act_at} at {act_place}. Reply {code}[9 to take]"
    ),
    TextId.PLANNED_DUTY: (
        "Duty alert: {case} {surname}[?, [3train ]{service}[1 coach {coach}[? {berth}]]], "
        "{act_at} at {act_place}[5, Judge {judge}]. Reply {code}[9 to take]"
    ),
    TextId.IMMINENT: (
        "URGENT: {case} {surname}[?, [3train ]{service}[1 coach {coach}[? {berth}]]], {whereabouts}. "
        "Reply {code}[9 to take]"
        "[5, others are called from {escalates_at}]"
    ),
    TextId.LADDER: (
        "Nobody has it: {case} {surname}, {act_at} at {act_place}[5, open since {raised_at}]. "
        "Reply {code}[9 to take]"
    ),
    TextId.TAKEN: (
        "{case} {surname}: {taker} took it at {taken_at}[4. No reply needed][5, changes will follow]"
    ),
    TextId.PLAN_CHANGED: (
        "Plan changed: {case} {surname}[? now on [3train ]{service}[1 coach {coach}[? {berth}]]], "
        "{act_at} at {act_place}[5, {previous_plan} void]. Reply {code}[9 to take]"
    ),
    TextId.PLAN_CONFIRMED: (
        "Plan confirmed: {case} {surname}[5 passed the gate] at {sighted_place} {sighted_at}, "
        "{act_at} at {act_place}[4. No reply needed]"
    ),
    TextId.NOBODY_DISPATCHED: (
        "Nobody sent: {case} {surname}, {act_at} at {act_place}[5, no team by {act_from}]. "
        "Send a team now. Reply {code}[9 to take]"
    ),
    TextId.NOT_ARRIVED: (
        "Not there yet: {case} {surname}, {act_at} at {act_place}, [8the ]team has not reported"
        "[5, led by {leader}].[8 Call them.] Reply {code}[9 to take]"
    ),
    TextId.TRACE: (
        "Trace: {case} {surname}, {whereabouts}[5, too late to act], for the search only. "
        "Reply {code}[9 to take]"
    ),
    TextId.AT_ACT_POINT: (
        "At the act point: {case} {surname}, {sighted_at} at {sighted_place}[2, {sighted_detail}]. "
        "[4No reply needed. ]Act as dispatched"
    ),
    TextId.DISPATCHED: (
        "Dispatch: {case} {surname}, {act_at} at {act_place}[?. Meet {muster_at}{muster_place}]"
        "[5, led by {leader}]. Reply {code}[9 to confirm]"
    ),
    TextId.PAUSED: (
        "PAUSE: {case} {surname}, search suspended. Do not stop the person, stay near"
        "[5, wait for the judge]. Reply {code}[9 to confirm]"
    ),
    TextId.RESUMED: (
        "Resumed: {case} {surname}[5 is wanted again], {act_at} at {act_place}. "
        "Check[6 on the page][5 before you act]. Reply {code}[9 to confirm]"
    ),
    TextId.OTHER_CASE_STANDS: (
        "Case[8 changed]: {case} {surname} {case_state}, {other_case}[6 stands]: {other_measure_phrase}. "
        "Reply {code}[9 to confirm]"
    ),
    TextId.PLAN_ENDED: (
        "Plan cancelled: {case} {surname}, {act_day}[? [3train ]{service}] refunded[5, plan void]. "
        "Do not set out[4 for now][5, news will follow]"
    ),
    TextId.CONFIRMATION_DUE: (
        "Answer due: check {case} {surname} for [8the ]{agency} by {confirm_by}. Sign in to answer. "
        "Reply {code}[9 to take]"
    ),
    TextId.BORDER_COUNTER: (
        "Border: {case} {surname}, {sighted_clock} at {sighted_place}[5 {border_counter}][6, {exit_ban}]. "
        "Check by {confirm_by}. Reply {code}[9 to take]"
    ),
    TextId.STAND_DOWN: (
        "STOP: {case} {surname} {reason} {performed_at}[5, {gone_everywhere}]. "
        "Do not search or stop[?, {release_order}]. Reply {code}[9 to confirm]"
    ),
    TextId.STAND_DOWN_RECEIPT_MISSING: (
        "STOP: {case} {surname} {reason} {performed_at}, no receipt[4 yet] from {missing_agency}"
        "[5, the desk is calling]. Reply {code}[9 to confirm]"
    ),
    TextId.WRONG_PERSON: (
        "STOP: {case}: this is not the person sought. End contact and release at once"
        "[5, explain, leave a phone number]. Reply {code}[9 to confirm]"
    ),
    TextId.AFTER_OUTCOME: (
        "{closing_title}: {case} {surname} {closing} {performed_at}[5, {gone_everywhere}]. "
        "Do not search any more[4. No reply needed]"
    ),
    TextId.HOLD_HALF_GONE: (
        "Hold: {case} {surname} at {held_by} since {held_at}. "
        "Hand over by {release_at}[5, else release]. Reply {code}[9 to take]"
    ),
    TextId.PERFORMED_PERSON: (
        "{case}: payment received, [4the ]search for you[4 was] {all_lifted} {performed_at}. "
        "If [4you are ]still stopped, call {desk_phone}"
    ),
    TextId.ENTRY_ENDS: (
        "Entry ends: {case} {surname}, last day {last_day}, then removed"
        "[5. To go on, have a later end approved before][4. No reply needed]"
    ),
    TextId.VALIDATION_DUE: (
        "Validate: {case} {surname} by {validate_by}, else suspended. "
        "Sign in and say if still needed[4. No reply needed]"
    ),
    TextId.LINE_SILENT: (
        "Line silent: {agency}, no heartbeat and no receipt since {silent_from}"
        "[5, its list may be out of date]. Call[4 their] duty desk"
    ),
    TextId.LINE_HEARD: (
        "Line back: {agency} is heard again since {heard_at}[5, silent from {silent_from}]"
        "[4. No reply needed]"
    ),
    TextId.LINE_CLOSED: (
        "Line closed: {agency} has no list any more, screens and reports nobody"
        "[5, call them about what is under way]. Sign in to see why"
    ),
    TextId.MESSAGE_REFUSED: (
        "Message refused: {agency} sent what cannot be read, perhaps a sighting, no alert"
        "[5, the console says why]. Call[4 their] duty desk"
    ),
    TextId.WRONG_REPLY: (
        "Your reply was not understood, nothing was done. Reply with the five digits of the alert alone"
        "[5, or call the desk {desk_phone}]"
    ),
    TextId.WRONG_REPLIES: (
        "Wrong replies: {wrong_replies} within an hour from the phone of {member}"
        "[5, somebody may forge the number]. Call to check"
    ),
    TextId.SMS_STOPPED: (
        "SMS stopped: {member} replied STOP, no alert goes to that phone by SMS"
        "[5, the reply START takes it back]. Call them"
    ),
    TextId.PHONE_CODE: (
        "Code {check_code} proves the phone on which you get alerts, for 10 minutes[5. Tell it to nobody]"
    ),
    TextId.CHANNEL_TEST: "Test: this way the court's alerts reach you[4. No reply needed]",
    TextId.PROBE: "Probe: sent by {provider} to see whether its line works[4. No reply needed]",
    TextId.PROVIDER_SILENT: (
        "SMS by {provider}: two probes in a row did not arrive[5, others go first]. Call the provider"
    ),
    TextId.PROVIDER_HEARD: "SMS by {provider}: a probe has arrived again[4. No reply needed]",
    TextId.CHANNELS_BACK: "SMS is back: the device test of {member} ran out. Test the device again",
    TextId.DEVICE_TEST_DUE: (
        "Device test: your push device does not count from {counts_until} on[5, test it every month]. "
        "Sign in to test it[6 or remove it]"
    ),
    TextId.NUMBER_DEAD: (
        "Dead number: nothing reaches the phone of {member} any more"
        "[5, change it before the next shift]. Sign in to change it"
    ),
    TextId.WORK_LATE: (
        "System: {work} late since {late_from}[5, alerts may come late]. Look at the system[4 now]"
    ),
    TextId.WORK_ON_TIME: (
        "System: {work} on time again since {caught_up_at}[5, late from {late_from}][4. No reply needed]"
    ),
    TextId.DRILL: (
        "test alert, line to {agency}, {act_place} {act_clock}, no real person."
        "[5 Take it as if real.] Reply {code}[9 to take]"
    ),
    TextId.DRILL_LADDER: (
        "nobody has the test alert, line to {agency}[5, open since {raised_at}], no real person. "
        "Reply {code}[9 to take]"
    ),
    TextId.DRILL_TAKEN: (
        "test alert on the line to {agency}: {taker} took it at {taken_at}[4. No reply needed]"
    ),
    TextId.DRILL_OVER: (
        "test alert on the line to {agency} is over[5, nobody took it since {raised_at}][4. No reply needed]"
    ),
    TextId.SHIFT_HANDED_OVER: (
        "Hand-over: on shift {shift_at}, alerts open: {open_alerts}, "
        "nearest {act_clock} at {act_place}[6, {alert_state}]. Sign in to confirm[5 the hand-over]"
    ),
    TextId.SWAP_ASKED: "Swap: {colleague}, {post} {shift_at}[5 for {given_shift_at}]. Sign in to answer",
    TextId.SWAP_AGREED: "Swapped: yours is {post} {shift_at}[5, not {given_shift_at}][4. No reply needed]",
    TextId.SWAP_REFUSED: "No swap: {colleague} declined, {post} {shift_at} stays yours[4. No reply needed]",
    TextId.SWAP_WITHDRAWN: "Swap taken back by {colleague}, your shifts stay as they are[4. No reply needed]",
    TextId.ROSTER_GAP: (
        "Roster gap[?: nobody for {post} {gap_from} to {gap_until}][5[?, gaps in all: {gaps}]]"
        "[6[?, people out of reach: {phoneless}]]. Sign in to fill it"
    ),
    TextId.CALENDAR_MISSING: (
        "Holidays: the plan of {year} is not entered[5, rosters and terms count plain weekends]. "
        "Sign in to enter it[4. No reply needed]"
    ),
    TextId.NOBODY_REACHED: (
        "NOBODY REACHED: {case} {surname}, {act_at} at {act_place}[5, nobody on duty can be reached]. "
        "Reply {code}[9 to take]"
    ),
    TextId.NOBODY_TO_CALL: (
        "NOBODY REACHED: alert on {case}[5, open since {raised_at}], nobody on duty can be reached. "
        "Check[4 the] roster and phones now"
    ),
    TextId.MISSED: (
        "Missed alerts: {missed}[5, the first since {missed_from}], nobody acted in time. "
        "Sign in to record outcome and reason"
    ),
    TextId.OFFERED: (
        "Please take over: {case} {surname}, {act_at} at {act_place}[5, asks {taker}]. "
        "Reply {code}[9 to take]"
    ),
    TextId.OFFER_LAPSED: (
        "Still yours: {case} {surname}, {colleague} has not taken it[5, {act_at} at {act_place}]"
        "[4. Find somebody else]"
    ),
    TextId.MORE_ALERTS: (
        "More alerts: {more} more, the next {case} {surname}, {act_at} at {act_place}. Sign in to see them"
    ),
    TextId.ACT_POINT_MOVED: (
        "Act point moved: {case} {surname}, now {act_at} at {act_place}[5, the former is void]. "
        "Reply {code}[9 to take]"
    ),
}

_VOICE = {
    TextId.STAND_DOWN_RECEIPT_MISSING: (
        "STOP: {case} {surname} {reason} {performed_at}. Do not search or stop[?, {release_order}]. "
        "No receipt yet from {missing_agency}, the desk is calling. Reply {code} to confirm"
    ),
}

ENGLISH = Catalogue(
    sms_signature="{court}: ",
    voice_signature="{court}. ",
    repeat_mark="Again: ",
    drill_mark="DRILL: ",
    reply_by_sms="Reply {code}",
    reply_by_key="Press 1",
    sms=_SMS,
    longer_voice=_VOICE,
    push=PUSH,
    actions={Asks.TAKE: ("Take", "Cannot go"), Asks.CONFIRM: ("Got it",), Asks.NOTHING: ()},
)
