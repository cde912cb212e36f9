//! Every warning about an agreement, and what it asks for: done, it is gone.

use std::fmt::Write as _;

use super::check::{CALENDARS, GOOD, diagnostics_text, read};
use super::run::page;
use super::whatif::folder;

/// A calendar with a holiday list that closes it for too long.
const CLOSED: &str = "wed: [\"08:00-16:00\"] }\n  night-fi:";

/// A part of a file without a warning, the text that is warned of, and what the warning says.
const WARNINGS: [(&str, &str, &str); 13] = [
    ("look_again: 2027-02-01", "look_again: 2026-11-21", "set a new date"),
    ("by: [aino, mikko], look_again", "by: [aino], look_again", "the whole team should agree"),
    ("by: [aino, mikko], look_again", "by: [NAME, mikko], look_again", "write who it is"),
    ("as_of: 2026-06-01", "as_of: 2025-11-21", "look up what others achieve now"),
    (
        "  - name: nobody-forgotten\n    measure: first_reply\n    none_over: 5d always\n",
        "",
        "add an objective with, for example, `none_over: 5d always`",
    ),
    ("    within: 4h\n", "    within: 2d\n", "write `2 working days` or `16h`"),
    ("    share: 90%\n", "    share: 40%\n", "less than half of the tickets"),
    ("    over: 7d\n", "    over: 2h\n", "less than a day"),
    ("{ urgent: 30m, high: 2h }", "{ urgent: 30m always, high: 2h }", "use one kind"),
    ("{ urgent: 30m, high: 2h }", "{ urgent: 5h, high: 2h }", "leave `urgent` out"),
    ("{ urgent: 30m, high: 2h }", "{ high: 2h, urgent: 3h }", "leave `urgent` out"),
    ("{ urgent: 30m, high: 2h }", "{ normal: 1h, urgent: 30m, high: 2h }", "leave `high` out"),
    (CLOSED, "", "check the dates"),
];

#[test]
fn every_warning_names_its_place_and_is_gone_once_its_way_out_is_taken() {
    let mut all = String::new();
    for (good, bad, advice) in WARNINGS {
        let is_of_calendar = good == CLOSED;
        let closed =
            CLOSED.replace("  night-fi:", "    holidays: [2027-07-01..2027-08-01]\n  night-fi:");
        let text = if is_of_calendar { GOOD.to_owned() } else { GOOD.replace(good, bad) };
        let calendars =
            if is_of_calendar { CALENDARS.replace(good, &closed) } else { CALENDARS.to_owned() };
        assert!(text != GOOD || calendars != CALENDARS, "{good}");
        let named = ["billing.yaml", "calendars.yaml"];
        let read_both = |text: &str, calendars: &str| {
            read(&[("billing.yaml", text), ("calendars.yaml", calendars)], &named)
        };
        let config = read_both(&text, &calendars);
        let warnings = diagnostics_text(&config);
        assert!(!config.diagnostics.has_errors(), "{warnings}");
        assert!(warnings.contains(advice), "{advice}: {warnings}");
        all += &warnings;
        let mended = read_both(GOOD, CALENDARS);
        assert_eq!(diagnostics_text(&mended), "");
    }
    insta::assert_snapshot!("warnings", all);
}

/// A level that nobody can miss, and one that nobody could reach, by the events of the team itself.
#[test]
fn a_level_that_the_past_never_misses_or_never_reaches_is_warned_of_with_the_figure() {
    let folder = folder();
    let agreement = |within: &str| {
        format!(
            "team: billing\nagreed: {{ on: 2026-01-05, by: [aino, mikko] }}\nobjectives:\n  \
             - {{ name: first-reply, measure: first_reply, within: {within}, min_tickets: 10 }}\n  \
             - {{ name: contacts, measure: contacts, within: 2, min_tickets: 10 }}\n  \
             - {{ name: nobody-forgotten, measure: first_reply, none_over: 5d }}\n"
        )
    };
    let mut printed = String::new();
    for (within, is_warned) in [("5m", true), ("4d", true), ("24h", false)] {
        folder.write("level.yaml", agreement(within));
        let history = ["check", "--history", "events.ndjson", "level.yaml"];
        let output = folder.vaste(&history);
        assert_eq!(output.status.code(), Some(0), "{}", page(&output));
        let said = page(&output);
        assert_eq!(said.contains("billing first-reply: "), is_warned, "{within}: {said}");
        writeln!(printed, "within: {within}\n{said}").unwrap();
        let against = folder
            .vaste(&[&history[..], &["--against", "billing.yaml", "calendars.yaml"]].concat());
        assert_eq!(
            page(&against).contains("billing first-reply: "),
            is_warned,
            "{}",
            page(&against)
        );
        assert!(!page(&against).contains("half\n"), "{}", page(&against));
    }
    insta::assert_snapshot!("levels", printed);
}
