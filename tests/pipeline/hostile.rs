//! Hostile records: each has the outcome that the table states, and none does harm.

use std::collections::BTreeSet;
use std::sync::Arc;

use vaste::agreement::{About, Agreement, Level, Objective, Owner, Target};
use vaste::catalog::Catalog;
use vaste::checkpoint;
use vaste::event::{IgnoredField, Outcome, Outcomes, RECORD_BYTES_MAX, TEXT_BYTES_MAX};
use vaste::measure::Measure;
use vaste::partition::{Partition, Published, Record, Taken};
use vaste::share::Share;
use vaste::time::{DAY_MS, Elapsed, HOUR_MS, MINUTE_MS, Timestamp};
use vaste::view::View;

use crate::random::Random;
use crate::simulated_team::{Team, log};

/// The broker's timestamp of all records of the table.
const PUBLISHED: &str = "2026-11-21T09:15:00Z";

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// A concern of a team, by the JSON of its name.
fn concern_of(team: &str) -> Vec<u8> {
    with(&[("type", "\"team.concern_raised\""), ("concern", "7"), ("team", team)])
}

/// A valid record with these keys set to these JSON values. Missing keys are added.
fn with(changed: &[(&str, &str)]) -> Vec<u8> {
    let good = [
        ("id", r#""e-1""#),
        ("type", r#""ticket.created""#),
        ("time", r#""2026-11-21T09:14:03.120Z""#),
        ("ticket", r#""T-1042""#),
        ("team", r#""billing""#),
    ];
    let value = |key: &str| changed.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
    let kept = good.iter().map(|(key, is)| (*key, value(key).unwrap_or(is)));
    let is_new = |(key, _): &&(&str, &str)| good.iter().all(|(name, _)| name != key);
    let added = changed.iter().filter(is_new).copied();
    let parts: Vec<String> =
        kept.chain(added).map(|(key, value)| format!("\"{key}\":{value}")).collect();
    format!("{{{}}}", parts.join(",")).into_bytes()
}

/// A valid record without a key.
fn without(key: &str) -> Vec<u8> {
    let text = String::from_utf8(with(&[(key, "GONE")])).unwrap();
    text.replace(&format!("\"{key}\":GONE,"), "").replace(&format!(",\"{key}\":GONE"), "").into()
}

/// A valid record with bytes before and after it.
fn around(before: &[u8], after: &[u8]) -> Vec<u8> {
    [before, &with(&[]), after].concat()
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

fn deep(open: &str, close: &str, levels: usize) -> String {
    format!("{}1{}", open.repeat(levels), close.repeat(levels))
}

fn keys(count: usize) -> Vec<u8> {
    let keys: Vec<String> = (0..count).map(|key| format!("\"k{key}\":{key}")).collect();
    let good = String::from_utf8(with(&[])).unwrap();
    good.replacen('{', &format!("{{{},", keys.join(",")), 1).into_bytes()
}

/// Name of a record, its bytes, and its outcome.
type Case = (&'static str, Vec<u8>, &'static str);

const APPLIED: &str = "applied";
const UNKNOWN: &str = "skipped unknown_type";
const MALFORMED: &str = "rejected malformed";
const SCHEMA: &str = "rejected bad_schema";
const ID: &str = "rejected bad_id";
const TEAM: &str = "rejected bad_team";
const NO_TEAM: &str = "applied without team";
const NO_PRIORITY: &str = "applied without priority";
const NO_SOURCE: &str = "applied without source";
const NO_SCORE: &str = "applied without score";
const TIME: &str = "rejected bad_timestamp";
const FUTURE: &str = "rejected future";
const LARGE: &str = "rejected too_large";
const ENCODING: &str = "rejected unsupported_encoding";

/// Bytes that are not JSON, or not text.
fn framing() -> Vec<Case> {
    vec![
        ("nothing", vec![], MALFORMED),
        ("blanks", b" \t\r\n ".to_vec(), MALFORMED),
        ("one NUL", b"\0".to_vec(), ENCODING),
        ("a schema registry's frame", around(b"\0\0\0\0\x07", b""), ENCODING),
        ("a frame with a long id", around(b"\x01aaaaaaaaaaaaaaaa", b""), ENCODING),
        ("a byte order mark", around(b"\xEF\xBB\xBF", b""), ENCODING),
        ("a byte order mark alone", b"\xEF\xBB\xBF".to_vec(), ENCODING),
        ("UTF-16, low byte first", b"\xFF\xFE{\0}\0".to_vec(), ENCODING),
        ("UTF-16, high byte first", b"\xFE\xFF\0{\0}".to_vec(), ENCODING),
        ("gzip", b"\x1F\x8B\x08\0\0\0\0\0\0\x03\x03\0".to_vec(), MALFORMED),
        ("a byte that is no UTF-8", around(b"", b"\xFF"), MALFORMED),
        ("a cut character", with(&[("team", "\"\u{e4}")])[..74].to_vec(), MALFORMED),
        ("an overlong slash", around(b"", b"\xC0\xAF"), MALFORMED),
        ("a surrogate as bytes", around(b"", b"\xED\xA0\x80"), MALFORMED),
        ("a word", b"ticket T-1042 created".to_vec(), MALFORMED),
        ("XML", b"<event id=\"e-1\"/>".to_vec(), MALFORMED),
        ("a line of CSV", b"e-1,ticket.created,2026-11-21T09:14:03Z,T-1042".to_vec(), MALFORMED),
        ("single quotes", b"{'id':'e-1'}".to_vec(), MALFORMED),
        ("not a number", with(&[("extra", "NaN")]), MALFORMED),
        ("infinity", with(&[("extra", "-Infinity")]), MALFORMED),
        ("a comment", around(b"/* new */", b""), MALFORMED),
        ("a comma too many", with(&[("team", "\"billing\",")]), MALFORMED),
        ("no end", with(&[])[..60].to_vec(), MALFORMED),
        ("an end too many", around(b"", b"}"), MALFORMED),
        ("two records", around(&with(&[]), b""), MALFORMED),
        ("two lines", around(b"", b"\n{}"), MALFORMED),
        ("NUL at the end", around(b"", b"\0"), MALFORMED),
        ("blanks around it", around(b" \r\n", b"\t\n "), APPLIED),
        ("a raw line break in a text", with(&[("team", "\"a\nb\"")]), MALFORMED),
        ("a raw NUL in a text", with(&[("team", "\"a\0b\"")]), MALFORMED),
        ("a wrong escape", with(&[("team", r#""\x41""#)]), MALFORMED),
        ("half an escape", with(&[("team", r#""\u00""#)]), MALFORMED),
        ("half a pair", with(&[("team", r#""\ud800""#)]), MALFORMED),
        ("the other half", with(&[("team", r#""\udc00""#)]), MALFORMED),
        ("a pair the wrong way round", with(&[("team", r#""\udc00\ud800""#)]), MALFORMED),
        ("half a pair in an unknown key", with(&[("extra", r#""\ud800""#)]), APPLIED),
        ("a leading zero", with(&[("extra", "01")]), MALFORMED),
        ("a bare point", with(&[("extra", ".5")]), MALFORMED),
    ]
}

/// JSON of the wrong shape.
fn shapes() -> Vec<Case> {
    vec![
        ("null", b"null".to_vec(), SCHEMA),
        ("a flag", b"true".to_vec(), SCHEMA),
        ("a number", b"-0".to_vec(), SCHEMA),
        ("a text", b"\"ticket.created\"".to_vec(), SCHEMA),
        ("a list", b"[]".to_vec(), SCHEMA),
        ("a list of records", [b"[", &with(&[])[..], b"]"].concat(), SCHEMA),
        ("an empty object", b"{}".to_vec(), SCHEMA),
        ("unknown keys only", b"{\"a\":1}".to_vec(), SCHEMA),
        ("an envelope around it", [b"{\"event\":", &with(&[])[..], b"}"].concat(), SCHEMA),
        ("a key twice", with(&[("team", r#""billing","id":"e-1""#)]), SCHEMA),
        ("an optional key twice", with(&[("team", r#""billing","team":"support""#)]), NO_TEAM),
        ("a key twice, once in escapes", with(&[("\\u0069d", "\"e-2\"")]), SCHEMA),
        ("an unknown key twice", with(&[("a", "1"), ("b", r#"2,"a":3"#)]), APPLIED),
        ("keys in capitals", with(&[("ID", "7"), ("Team", "[]")]), APPLIED),
        ("an empty key", with(&[("", "\"\"")]), APPLIED),
        ("a key of 10 kB", with(&[(&"k".repeat(10_000), "1")]), APPLIED),
        ("1e400 in an unknown key", with(&[("extra", "1e400")]), APPLIED),
        ("1e400 instead of a text", with(&[("ticket", "1e400")]), MALFORMED),
        ("400 digits instead of a text", with(&[("id", &"9".repeat(400))]), MALFORMED),
        ("100 000 digits in an unknown key", with(&[("extra", &"9".repeat(100_000))]), APPLIED),
        ("a number over 2^63 as an id", with(&[("id", "18446744073709551615")]), APPLIED),
        ("500 000 levels", with(&[("extra", &deep("[", "]", 500_000))]), LARGE),
        ("120 000 levels of lists", with(&[("extra", &deep("[", "]", 120_000))]), APPLIED),
        ("40 000 levels of objects", with(&[("extra", &deep("{\"a\":", "}", 40_000))]), APPLIED),
        ("120 000 levels as a team", with(&[("team", &deep("[", "]", 120_000))]), NO_TEAM),
        ("40 000 levels as a time", with(&[("time", &deep("{\"a\":", "}", 40_000))]), SCHEMA),
        ("250 000 levels that never end", "[".repeat(250_000).into_bytes(), SCHEMA),
        ("250 000 objects that never end", "{\"a\":".repeat(50_000).into_bytes(), MALFORMED),
        ("200 000 keys", keys(200_000), LARGE),
        ("15 000 keys", keys(15_000), APPLIED),
        (
            "a byte more than fits",
            around(b"", &vec![b' '; RECORD_BYTES_MAX + 1 - with(&[]).len()]),
            LARGE,
        ),
        (
            "the largest record that fits",
            around(b"", &vec![b' '; RECORD_BYTES_MAX - with(&[]).len()]),
            APPLIED,
        ),
        ("megabytes of blanks", vec![b' '; 3_000_000], LARGE),
    ]
}

/// Invalid values of each field.
fn fields() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (key, ends) in [("id", SCHEMA), ("type", SCHEMA), ("time", SCHEMA), ("ticket", SCHEMA)] {
        cases.push(("a key that is missing", without(key), ends));
        cases.push(("null where a text must be", with(&[(key, "null")]), ends));
    }
    for (key, ends) in [
        ("id", SCHEMA),
        ("type", SCHEMA),
        ("time", SCHEMA),
        ("ticket", SCHEMA),
        ("team", NO_TEAM),
        ("channel", "applied without channel"),
        ("priority", NO_PRIORITY),
        ("source", NO_SOURCE),
        ("by", "applied without by"),
    ] {
        for value in ["-1.5", "true", "[]", "[\"a\"]", "{}", "{\"a\":null}"] {
            cases.push(("a value of the wrong type", with(&[(key, value)]), ends));
        }
    }
    for (key, ends) in [
        ("id", APPLIED),
        ("type", SCHEMA),
        ("time", SCHEMA),
        ("ticket", APPLIED),
        ("team", APPLIED),
        ("channel", APPLIED),
        ("priority", NO_PRIORITY),
        ("source", APPLIED),
        ("by", "applied without by"),
    ] {
        cases.push(("a whole number", with(&[(key, "1")]), ends));
    }
    cases
}

/// Texts and numbers of the right type with invalid values: ids and teams.
fn names_and_values() -> Vec<Case> {
    let long = |bytes: usize| quoted(&"x".repeat(bytes));
    let mut cases: Vec<Case> = vec![
        ("null where a text may be", with(&[("team", "null"), ("source", "null")]), APPLIED),
        ("an id of 257 bytes", with(&[("id", &long(257))]), ID),
        ("an id of 256 bytes", with(&[("id", &long(256))]), APPLIED),
        ("an id of 10 kB", with(&[("id", &long(10_000))]), ID),
        ("an empty id", with(&[("id", "\"\"")]), ID),
        ("an id with NUL", with(&[("id", r#""e\u0000""#)]), ID),
        ("an id with an escape sequence", with(&[("id", r#""\u001b[2J""#)]), ID),
        ("an id with a line break of another kind", with(&[("id", r#""a\u0085b""#)]), ID),
        ("a source of 257 bytes", with(&[("source", &long(257))]), NO_SOURCE),
        ("an empty source", with(&[("source", "\"\"")]), APPLIED),
        ("a ticket of 129 bytes", with(&[("ticket", &long(129))]), ID),
        ("a ticket of 128 bytes", with(&[("ticket", &long(128))]), APPLIED),
        ("an empty ticket", with(&[("ticket", "\"\"")]), ID),
        ("a ticket with a blank", with(&[("ticket", "\"T 1\"")]), ID),
        ("a ticket of another alphabet", with(&[("ticket", "\"\u{422}-1\"")]), ID),
        ("a ticket with a right-to-left override", with(&[("ticket", r#""\u202eT-1""#)]), ID),
        ("a ticket as markup", with(&[("ticket", "\"<script>\"")]), ID),
        ("a ticket as a path", with(&[("ticket", "\"../../etc/passwd\"")]), APPLIED),
        ("a team of 129 bytes", with(&[("team", &long(129))]), NO_TEAM),
        ("a team of 10 kB", with(&[("team", &long(10_000))]), NO_TEAM),
        ("a team of 65 umlauts", with(&[("team", &quoted(&"\u{e4}".repeat(65)))]), NO_TEAM),
        ("an empty team", with(&[("team", "\"\"")]), APPLIED),
        ("a reserved team", with(&[("team", "\"unclaimed\"")]), NO_TEAM),
        ("the team of all", with(&[("team", "\"_all\"")]), NO_TEAM),
        ("the team of unclaimed tickets", with(&[("team", "\"_unclaimed\"")]), NO_TEAM),
        ("a reserved team in escapes", with(&[("team", r#""\u005fall""#)]), NO_TEAM),
        ("a team with a bell", with(&[("team", r#""a\u0007""#)]), NO_TEAM),
    ];
    cases.extend(values());
    cases
}

/// The same for all other fields.
fn values() -> Vec<Case> {
    let long = |bytes: usize| quoted(&"x".repeat(bytes));
    vec![
        ("a channel of 129 bytes", with(&[("channel", &long(129))]), "applied without channel"),
        ("an empty channel", with(&[("channel", "\"\"")]), APPLIED),
        ("an unknown priority", with(&[("priority", "\"P1\"")]), NO_PRIORITY),
        ("a priority in capitals", with(&[("priority", "\"High\"")]), APPLIED),
        (
            "an agent with a blank",
            with(&[("type", "\"ticket.assigned\""), ("agent", "\"A B\"")]),
            "applied without agent",
        ),
        ("an unknown creator", with(&[("by", "\"poet\"")]), "applied without by"),
        ("a score of 0", with(&[("type", "\"ticket.rated\""), ("score", "0")]), NO_SCORE),
        ("a score of 5.0", with(&[("type", "\"ticket.rated\""), ("score", "5.0")]), NO_SCORE),
        ("a score of 10^30", with(&[("type", "\"ticket.rated\""), ("score", "1e30")]), NO_SCORE),
        ("a score as a text", with(&[("type", "\"ticket.rated\""), ("score", "\"5\"")]), APPLIED),
        ("merged into a blank", with(&[("type", "\"ticket.merged\""), ("into", "\" \"")]), APPLIED),
        (
            "merged into itself",
            with(&[("type", "\"ticket.merged\""), ("into", "\"T-1042\"")]),
            APPLIED,
        ),
        (
            "a note that is too long",
            with(&[("type", "\"ticket.reviewed\""), ("note", &long(TEXT_BYTES_MAX + 1))]),
            "applied without note",
        ),
        (
            "a flag as a text",
            with(&[("type", "\"ticket.reviewed\""), ("bring_to_team", "\"yes\"")]),
            "applied without bring_to_team",
        ),
        ("a concern of a reserved team", concern_of("\"_unclaimed\""), TEAM),
        ("a concern of the whole organisation", concern_of("\"_all\""), APPLIED),
        ("a concern without an id", with(&[("type", "\"team.concern_raised\"")]), SCHEMA),
        ("a concern of no team", concern_of("null"), SCHEMA),
        ("a type of a newer producer", with(&[("type", "\"ticket.escalated\"")]), UNKNOWN),
        ("an empty type", with(&[("type", "\"\"")]), UNKNOWN),
        ("a type with a blank", with(&[("type", "\"ticket.created \"")]), UNKNOWN),
        ("a type in capitals", with(&[("type", "\"TICKET.CREATED\"")]), UNKNOWN),
        ("a type of 10 kB", with(&[("type", &long(10_000))]), UNKNOWN),
        (
            "an unknown type with nonsense",
            with(&[("type", "\"x\""), ("id", "[]"), ("time", "7")]),
            UNKNOWN,
        ),
    ]
}

/// Times of events.
fn times() -> Vec<Case> {
    let time = |text: &str| with(&[("time", &quoted(text))]);
    vec![
        ("the first instant", time("1990-01-01T00:00:00Z"), APPLIED),
        ("before the first instant", time("1989-12-31T23:59:59.999Z"), TIME),
        ("year 0", time("0000-01-01T00:00:00Z"), TIME),
        ("year 2099", time("2099-01-01T00:00:00Z"), FUTURE),
        ("after the last instant", time("2100-01-01T00:00:00Z"), TIME),
        ("year 262142", time("+262142-01-01T00:00:00Z"), TIME),
        ("a year of five digits", time("12026-11-21T09:14:03Z"), TIME),
        ("5 minutes ahead", time("2026-11-21T09:20:00Z"), APPLIED),
        ("more than 5 minutes ahead", time("2026-11-21T09:20:00.001Z"), FUTURE),
        ("ahead because of its offset", time("2026-11-21T09:14:03-01:00"), FUTURE),
        ("a leap second", time("2016-12-31T23:59:60Z"), APPLIED),
        ("a leap second's fraction", time("2016-12-31T23:59:60.999Z"), APPLIED),
        ("second 61", time("2016-12-31T23:59:61Z"), TIME),
        ("24 o'clock", time("2026-11-20T24:00:00Z"), TIME),
        ("the 30th of February", time("2026-02-30T09:14:03Z"), TIME),
        ("month 13", time("2026-13-01T09:14:03Z"), TIME),
        ("no offset", time("2026-11-21T09:14:03"), TIME),
        ("an offset of a day", time("2026-11-21T09:14:03+24:00"), TIME),
        ("an offset of 23:59", time("2026-11-21T09:14:03+23:59"), APPLIED),
        ("an unknown offset", time("2026-11-21T09:14:03-00:00"), APPLIED),
        ("an offset with seconds", time("2026-11-21T09:14:03+01:00:00"), TIME),
        ("an offset without a colon", time("2026-11-21T09:14:03+0100"), APPLIED),
        ("the name of a zone", time("2026-11-21T09:14:03 Europe/Helsinki"), TIME),
        ("a blank instead of the T", time("2026-11-21 09:14:03Z"), APPLIED),
        ("small letters", time("2026-11-21t09:14:03z"), APPLIED),
        ("a week", time("2026-W47-6T09:14:03Z"), TIME),
        ("seconds since 1970", time("1795252443"), TIME),
        ("a number", with(&[("time", "1795252443000")]), SCHEMA),
        ("nanoseconds", time("2026-11-21T09:14:03.123456789Z"), APPLIED),
        (
            "30 digits of a second",
            time("2026-11-21T09:14:03.000000000000000000000000000001Z"),
            APPLIED,
        ),
        ("a comma", time("2026-11-21T09:14:03,1Z"), APPLIED),
        ("blanks around it", time(" 2026-11-21T09:14:03Z "), APPLIED),
        ("digits of another alphabet", time("\u{662}\u{660}26-11-21T09:14:03Z"), TIME),
        ("an empty time", time(""), TIME),
        ("a time of 10 kB", time(&"2".repeat(10_000)), TIME),
    ]
}

/// CloudEvents, and what only looks like one.
fn envelopes() -> Vec<Case> {
    vec![
        (
            "a CloudEvent of another type",
            br#"{"specversion":"1.0","id":"1","source":"/d","type":"com.example.made","data":{}}"#
                .to_vec(),
            UNKNOWN,
        ),
        ("a CloudEvent without its type", br#"{"specversion":"1.0","id":"1"}"#.to_vec(), SCHEMA),
        (
            "a CloudEvent's data names the ticket",
            [
                br#"{"specversion":"1.0","id":"1","source":"/d","type":"ticket.created","#
                    .as_slice(),
                br#""time":"2026-11-21T09:14:03Z","data":{"ticket":"T-1"}}"#,
            ]
            .concat(),
            APPLIED,
        ),
        (
            "a CloudEvent of version 99",
            with(&[("specversion", "\"99\""), ("data", "null"), ("subject", "[]")]),
            APPLIED,
        ),
        (
            "base 64 beside an event that is no CloudEvent",
            with(&[("data_base64", "\"%%%\"")]),
            APPLIED,
        ),
        ("a list of CloudEvents", b"[{\"specversion\":\"1.0\"}]".to_vec(), SCHEMA),
    ]
}

/// One team with a level of each kind.
pub(crate) fn catalog() -> Arc<Catalog> {
    let target = || Target::calendar(Elapsed::from_ms(2 * HOUR_MS));
    let share = Share::from_basis_points(8_000).unwrap();
    let within = Level::Within { target: target(), by_priority: [None; 4], share, min_tickets: 1 };
    let objective = |name, level| Objective::new(name, Measure::FirstReply, level);
    let objectives =
        vec![objective("quick", within), objective("nobody", Level::NoneOver(target()))];
    let owner = Owner::Team("billing".into());
    let agreement = Agreement { owner, hours: None, objectives, about: About::default() };
    Arc::new(Catalog::new(&[agreement], &Measure::ALL))
}

/// An empty partition.
pub(crate) fn partition(catalog: &Arc<Catalog>) -> Partition {
    Partition::new(Arc::clone(catalog), &Arc::from("ticket-events"), 0, 1)
}

fn take(
    partition: &mut Partition,
    payload: &[u8],
    timestamp: Option<i64>,
) -> (Outcome, Vec<IgnoredField>) {
    let offset = partition.position();
    let published =
        timestamp.map_or(Published::Unknown, |ms| Published::Appended(Timestamp::from_ms(ms)));
    let (key, payload) = (Some(&b"T-1042"[..]), Some(payload));
    let record = Record { offset, key, attributes: &[], payload, mapping: None, published };
    let taken = partition.take(&record, &mut ());
    let Taken::Processed(processed) = taken else { unreachable!("{taken:?}") };
    (processed.outcome, processed.ignored)
}

fn outcome_text(outcome: &Outcome, ignored: &[IgnoredField]) -> String {
    match outcome {
        Outcome::Applied if ignored.is_empty() => "applied".to_owned(),
        Outcome::Applied => {
            let fields: Vec<&str> = ignored.iter().map(|one| one.field.label()).collect();
            format!("applied without {}", fields.join(", "))
        }
        Outcome::Duplicate => "duplicate".to_owned(),
        Outcome::Skipped(skip) => format!("skipped {}", skip.label()),
        Outcome::Rejected(rejection) => format!("rejected {}", rejection.reason.label()),
    }
}

/// The partition gives readings, and can be restored from its checkpoint.
fn check(mut partition: Partition, catalog: &Arc<Catalog>, now: Timestamp) {
    let mut view = View::new(Arc::clone(catalog), now);
    view.advance(now);
    while partition.advance_some(now, usize::MAX, &mut view) {}
    assert!(!view.readings().is_empty());
    let (origin, bytes) = partition.image(now).unwrap();
    assert_eq!(origin.position, partition.position());
    let image = checkpoint::read(&bytes).unwrap();
    let topic = Arc::from("ticket-events");
    let restored = Partition::restore(&image, Arc::clone(catalog), &topic, 0, 2).unwrap();
    assert_eq!(restored.shard().timelines(), partition.shard().timelines());
}

#[test]
fn every_hostile_record_ends_as_the_table_says() {
    let cases: Vec<Case> =
        [framing(), shapes(), fields(), names_and_values(), times(), envelopes()]
            .into_iter()
            .flatten()
            .collect();
    let distinct: BTreeSet<&[u8]> = cases.iter().map(|(_, bytes, _)| &bytes[..]).collect();
    assert!(distinct.len() >= 200, "{} distinct records", distinct.len());
    let catalog = catalog();
    let published = at(PUBLISHED);
    let mut outcomes = Outcomes::default();
    let mut all = partition(&catalog);
    let mut wrong = Vec::new();
    for (what, bytes, ends) in &cases {
        let (outcome, ignored) = take(&mut partition(&catalog), bytes, Some(published.ms()));
        if outcome_text(&outcome, &ignored) != *ends {
            let start = String::from_utf8_lossy(&bytes[..bytes.len().min(120)]).into_owned();
            wrong.push(format!("{what}: {outcome:?} {ignored:?}, not {ends}: {start:?}"));
        }
        if let Outcome::Rejected(rejection) = &outcome {
            assert!(rejection.advice.len() < 600, "{what}: {} bytes", rejection.advice.len());
            assert!(!rejection.advice.chars().any(char::is_control), "{what}: {rejection:?}");
        }
        let (outcome, ignored) = take(&mut all, bytes, Some(published.ms()));
        outcomes.count(&outcome);
        outcomes.count_ignored(&ignored);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let parts =
        [outcomes.applied, outcomes.duplicate, outcomes.skipped_total(), outcomes.rejected_total()];
    assert_eq!(parts.iter().sum::<u64>(), cases.len() as u64, "{parts:?}");
    assert_eq!(all.position(), i64::try_from(cases.len()).unwrap());
    check(all, &catalog, published);
}

/// Valid records of all kinds.
pub(crate) fn good_records() -> Vec<Vec<u8>> {
    let team = |name| Team {
        name,
        every_minutes: 30,
        answers_minutes: 70,
        slows_percent: 80,
        forgets_one_of: 10,
    };
    let begin = at("2026-11-18T09:00:00Z");
    let mut records: Vec<Vec<u8>> =
        log(&[team("billing"), team("t\u{f6}\u{fc}ls \u{1F98A}")], begin, 2, 3)
            .into_iter()
            .map(String::into_bytes)
            .collect();
    for more in [
        [
            ("type", r#""ticket.reviewed""#),
            ("score", "4"),
            ("note", r#""well \u00e4 \ud83e\udd8a""#),
        ],
        [("type", r#""ticket.rated""#), ("score", "1"), ("source", r#""desk""#)],
        [("type", r#""ticket.merged""#), ("into", r#""T-2""#), ("extra", r#"[{"a":[1e3,null]}]"#)],
        [
            ("type", r#""team.concern_raised""#),
            ("concern", r#""c-1""#),
            ("text", r#""nobody calls""#),
        ],
        [("type", r#""ticket.created""#), ("by", r#""agent""#), ("priority", r#""urgent""#)],
    ] {
        records.push(with(&more));
    }
    records
}

/// A record with some of its bytes flipped, truncated, inserted, or copied from another record.
pub(crate) fn mutated(records: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut below = |bound| random.index(bound);
    let mut bytes = records[below(records.len())].clone();
    // Tokens that are special to a parser.
    let words: [&[u8]; 16] = [
        b"\"", b"{", b"}", b"[", b"]", b",", b":", b"\\u", b"\\", b"null", b"1e999", b"-", b"\0",
        b"\xFF", b"\xC3", b"\"id\":",
    ];
    for _ in 0..below(4) {
        let place = below(bytes.len() + 1);
        match below(6) {
            0 if place < bytes.len() => bytes[place] ^= 1 << below(8),
            1 => bytes.truncate(place),
            2 => {
                let word = words[below(words.len())];
                bytes.splice(place..place, word.iter().copied());
            }
            3 => {
                let other = &records[below(records.len())];
                let (from, to) = (below(other.len()), below(other.len()));
                let part = other[from.min(to)..from.max(to)].to_vec();
                let end = (place + below(20)).min(bytes.len());
                bytes.splice(place..end, part);
            }
            4 => {
                let end = (place + below(30)).min(bytes.len());
                bytes.drain(place..end);
            }
            _ => bytes.insert(place, u8::try_from(below(256)).unwrap()),
        }
    }
    bytes
}

#[test]
fn every_mutation_of_a_good_record_has_one_outcome() {
    let mutations: u64 =
        std::env::var("VASTE_MUTATIONS").map_or(200_000, |cases| cases.parse().unwrap());
    let records = good_records();
    let catalog = catalog();
    let now = at(PUBLISHED);
    for seed in 0..4 {
        let mut random = Random::new(seed);
        let mut all = partition(&catalog);
        let mut outcomes = Outcomes::default();
        for _ in 0..mutations / 4 {
            let bytes = mutated(&records, &mut random);
            outcomes.count(&take(&mut all, &bytes, Some(now.ms())).0);
        }
        // All four outcomes occur often, with many reasons.
        assert_eq!(outcomes.total(), mutations / 4, "seed {seed}");
        assert_eq!(all.position().unsigned_abs(), mutations / 4, "seed {seed}");
        for (what, count) in [
            ("applied", outcomes.applied),
            ("duplicate", outcomes.duplicate),
            ("skipped", outcomes.skipped_total()),
            ("rejected", outcomes.rejected_total()),
        ] {
            assert!(count > 100, "seed {seed}: {count} {what}: {outcomes}");
        }
        check(all, &catalog, now.plus(Elapsed::from_ms(DAY_MS)));
    }
}

#[test]
fn a_record_five_minutes_ahead_is_the_last_that_is_accepted() {
    let catalog = catalog();
    let published = at(PUBLISHED);
    let mut all = partition(&catalog);
    for (ahead, ends) in [(5 * MINUTE_MS, APPLIED), (5 * MINUTE_MS + 1, FUTURE)] {
        let time = published.plus(Elapsed::from_ms(ahead));
        let record = with(&[("time", &quoted(&time.to_string()))]);
        let (outcome, ignored) = take(&mut all, &record, Some(published.ms()));
        assert_eq!(outcome_text(&outcome, &ignored), ends);
    }
}
