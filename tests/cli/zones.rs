//! Time zone data: the machine's, where it is newer than the compiled-in data.

use std::fmt::Write as _;
use std::fs;

use vaste::calendar::Zone;

use crate::abuse::{NO_BROKER, Service};
use crate::process::{fetch, wait_for};
use crate::run::{Folder, ZONES, page};

const CALENDARS: &str = "\
calendars:
  office: { zone: Europe/Helsinki, week: { mon: [\"09:00-10:00\", \"18:00-22:00\"] } }
  other: { zone: Europe/Helsinki, week: { tue: [\"09:00-10:00\", \"18:00-22:00\"] } }
";

/// A Monday, 09:30 in Helsinki.
const AT_2_HOURS: &str = "2026-11-23T07:30:00Z";
/// 09:30 on the same day where clocks are 5 hours ahead of UTC.
const AT_5_HOURS: &str = "2026-11-23T04:30:00Z";

/// A TZif file, version 2, of one rule for all times (a TZ string of POSIX).
fn tzif(rule: &str) -> Vec<u8> {
    let mut block = b"TZif2".to_vec();
    block.extend([0; 15]);
    // No indicators, leap seconds or transitions; one type of local time, and one character.
    for count in [0_u32, 0, 0, 0, 1, 1] {
        block.extend(count.to_be_bytes());
    }
    block.extend([0; 6 + 1]);
    let mut file = block.repeat(2);
    file.extend(format!("\n{rule}\n").bytes());
    file
}

/// Calendars, and a zone folder with this file of Helsinki; `None` for no file.
fn folder(files: &[(&str, &str)], helsinki: Option<&[u8]>) -> Folder {
    let folder = Folder::new();
    folder.write("c.yaml", CALENDARS);
    fs::create_dir_all(folder.path().join(ZONES).join("Europe")).unwrap();
    for (name, text) in files {
        folder.write(&format!("{ZONES}/{name}"), text);
    }
    if let Some(bytes) = helsinki {
        folder.write(&format!("{ZONES}/Europe/Helsinki"), bytes);
    }
    folder
}

const NEWER: (&str, &str) =
    ("tzdata.zi", "# version 2099b\n# This zic input file is in the public domain.\n");

/// Whether the calendar `office` is open at an instant.
fn is_open(folder: &Folder, at: &str) -> bool {
    let output = folder.vaste(&["calendar", "open", "--calendars", "c.yaml", "office", at]);
    let text = page(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    text.contains("\nopen at")
}

fn printed(folder: &Folder, arguments: &[&str]) -> String {
    let output = folder.vaste(arguments);
    assert_eq!(output.status.code(), Some(0), "{}", page(&output));
    page(&output).replace(Zone::compiled_in_release(), "[release]")
}

#[test]
fn data_of_the_machine_is_used_if_it_is_newer() {
    let five = tzif("<+05>-5");
    for (files, is_used, said) in [
        (&[NEWER][..], true, "tzdata 2099b of zones (compiled in is [release])"),
        (&[("+VERSION", "2099b\n")], true, "tzdata 2099b of zones (compiled in is [release])"),
        (
            &[NEWER, ("+VERSION", "2001a\n")],
            true,
            "tzdata 2099b of zones (compiled in is [release])",
        ),
        (
            &[("tzdata.zi", "# redo posix_only\n"), ("+VERSION", "2001a\n")],
            false,
            "tzdata [release], compiled in (zones has 2001a)",
        ),
        (
            &[("tzdata.zi", "# version 2001a\n")],
            false,
            "tzdata [release], compiled in (zones has 2001a)",
        ),
        (
            &[("tzdata.zi", "# version unknown\n")],
            false,
            "tzdata [release], compiled in (found no release in zones)",
        ),
        (&[], false, "tzdata [release], compiled in (found no release in zones)"),
    ] {
        let folder = folder(files, Some(&five));
        assert_eq!(is_open(&folder, AT_5_HOURS), is_used, "{files:?}");
        assert_eq!(is_open(&folder, AT_2_HOURS), !is_used, "{files:?}");
        let checked = printed(&folder, &["check", "c.yaml"]);
        let lines = format!("1 file good: 2 calendars\ntime zones: {said}\n");
        assert_eq!(checked, format!("exit 0\n--- out\n{lines}--- notes\n"));
        let version = printed(&folder, &["--version"]);
        assert!(version.contains(&format!("\ntime zones: {said}\n--- notes\n")), "{version}");
    }
    // The same release as the compiled-in one is not newer.
    let same = format!("# version {}\n", Zone::compiled_in_release());
    let folder = folder(&[("tzdata.zi", &same)], Some(&five));
    assert!(is_open(&folder, AT_2_HOURS));
    let said = "time zones: tzdata [release], compiled in (zones has [release])\n";
    assert!(printed(&folder, &["check", "c.yaml"]).contains(said));
}

#[test]
fn a_rule_of_newer_data_applies_in_summer_and_winter() {
    // Clocks go from 1 to 2 hours ahead of UTC on the first Sunday of May, and back on that of November.
    let folder = folder(&[NEWER], Some(&tzif("<+01>-1<+02>,M5.1.0,M11.1.0")));
    for (at, is_open_then) in [
        ("2027-04-26T07:30:00Z", false),
        ("2027-04-26T08:30:00Z", true),
        ("2027-05-03T07:30:00Z", true),
        ("2027-05-03T08:30:00Z", false),
        ("2098-11-24T08:30:00Z", true),
    ] {
        assert_eq!(is_open(&folder, at), is_open_then, "{at}");
    }
}

#[test]
fn a_zone_whose_file_is_damaged_or_missing_comes_from_the_compiled_in_data() {
    let whole = tzif("<+05>-5");
    let (head, _) = whole.split_at(60);
    let mut said = String::new();
    for (what, bytes) in [
        ("missing", None),
        ("empty", Some(&b""[..])),
        ("text", Some(&b"Zone Europe/Helsinki 2:00 EU EE%sT\n"[..])),
        ("truncated", Some(head)),
    ] {
        let folder = folder(&[NEWER], bytes);
        assert!(is_open(&folder, AT_2_HOURS), "{what}");
        writeln!(said, "# {what}\n{}", printed(&folder, &["check", "c.yaml"])).unwrap();
    }
    insta::assert_snapshot!("damaged_zones", said);
}

#[test]
fn newer_data_may_have_zones_that_are_not_compiled_in() {
    let calendars = |zone: &str| {
        format!(
            "calendars: {{ office: {{ zone: {zone}, week: {{ mon: [\"09:00-10:00\", \"18:00-22:00\"] }} }} }}\n"
        )
    };
    let five = tzif("<+05>-5");
    let folder = folder(&[NEWER], Some(&five));
    fs::create_dir_all(folder.path().join(ZONES).join("right/Europe")).unwrap();
    for name in ["Europe/Atlantis", "localtime", "right/Europe/Helsinki"] {
        folder.write(&format!("{ZONES}/{name}"), &five);
    }
    folder.write("zone", &five);
    folder.write("c.yaml", calendars("Europe/Atlantis"));
    assert!(is_open(&folder, AT_5_HOURS));
    for name in [
        "localtime",
        "right/Europe/Helsinki",
        "../zone",
        "Europe/../../zone",
        "Europe",
        "tzdata.zi",
    ] {
        folder.write("c.yaml", calendars(name));
        let output = folder.vaste(&["check", "c.yaml"]);
        assert_eq!(output.status.code(), Some(78), "{name}");
        assert!(page(&output).contains("is not a time zone"), "{name}: {}", page(&output));
    }
    folder.write("c.yaml", calendars("Europe/Atlantis"));
    folder.write(&format!("{ZONES}/tzdata.zi"), "# version 2001a\n");
    assert_eq!(folder.vaste(&["check", "c.yaml"]).status.code(), Some(78));
}

#[test]
fn offsets_are_no_zones_and_names_with_a_sign_are_explained() {
    let folder = Folder::new();
    let mut said = String::new();
    for zone in [
        "GMT+2",
        "UTC-5",
        "utc+02:00",
        "+2",
        "-0300",
        "GMT+5:30",
        "GMT+15",
        "GMT2",
        "GMT-1",
        "Etc/GMT+15",
        "etc/gmt+2",
        "Etc/GMT+2",
        "Etc/GMT-1",
        "Etc/GMT+0",
        "Etc/GMT",
        "EST5EDT",
    ] {
        folder.write(
            "c.yaml",
            format!(
                "calendars: {{ c: {{ zone: \"{zone}\", week: {{ mon: [\"09:00-10:00\", \"18:00-22:00\"] }} }} }}\n"
            ),
        );
        let output = folder.vaste(&["check", "c.yaml"]);
        write!(said, "# {zone}\n{}", String::from_utf8_lossy(&output.stderr)).unwrap();
    }
    insta::assert_snapshot!("offsets", said);
}

#[test]
fn the_metric_of_the_build_has_the_release_of_the_zone_data() {
    let calendars = "calendars: [c.yaml]\n";
    let zones = folder(&[NEWER], Some(&tzif("<+05>-5"))).into_inner();
    let variables = [("TZDIR", ZONES)];
    let service = Service::start_in(zones, NO_BROKER, calendars, &variables);
    let release_of_metric = || {
        let (_, text) = fetch(service.port, "/metrics").unwrap();
        let line = text.lines().find(|line| line.starts_with("vaste_build_info{")).unwrap();
        let (_, rest) = line.split_once("tzdata=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    assert_eq!(release_of_metric(), "2099b");
    let said = "time zones: tzdata 2099b of zones";
    assert!(service.log().contains(said), "{}", service.log());
    // Newer data takes effect when the calendars are read again.
    fs::write(service.folder.path().join(ZONES).join("tzdata.zi"), "# version 2099c\n").unwrap();
    assert_eq!(release_of_metric(), "2099b");
    service.reload();
    wait_for("the new time zone data", || (release_of_metric() == "2099c").then_some(()));
}

/// The clocks of Helsinki go back at 2026-10-25 01:00 UTC: 03:30 comes twice.
#[test]
fn explain_shows_the_zone_that_the_agreement_names() {
    let folder = Folder::new();
    folder.write("billing.yaml", "team: billing\nzone: Europe/Helsinki\n");
    folder.write("esimerkki.yaml", "organisation: Esimerkki Oy\nzone: Europe/Helsink\n");
    let event = |id: u8, kind: &str, time: &str| {
        let of = "\"ticket\":\"T-1\",\"team\":\"billing\"";
        format!("{{\"id\":\"{id}\",\"type\":\"{kind}\",\"time\":\"{time}\",{of}}}\n")
    };
    folder.write(
        "events.ndjson",
        event(1, "ticket.created", "2026-10-25T00:30:00Z")
            + &event(2, "ticket.agent_replied", "2026-10-25T01:30:00Z"),
    );
    let explained = ["explain", "T-1", "--agreements", "billing.yaml", "events.ndjson"];
    let explained = page(&folder.vaste(&explained));
    let misspelled = page(&folder.vaste(&["check", "billing.yaml", "esimerkki.yaml"]));
    insta::assert_snapshot!("zone_of_agreement", explained + &misspelled);
}
