//! Time zone data: the machine's, where it is newer than the compiled-in data.
//!
//! # Design
//! The machine's data is a folder of TZif files, one for each zone. Its release is the first line of its
//! `tzdata.zi` (`# version 2026a`), or else its file `+VERSION` (`2026a`). The folder is used if its release
//! is known and later than the compiled-in one. A folder without a known release may be years old, so it is
//! not used. A zone whose file is missing or damaged comes from the compiled-in data, with a warning.
//!
//! Nothing but the calendars depends on it, and they are built from the configuration at every start.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::disk::Disk;
use crate::calendar::Zone;

/// Which time zone data is used, and which is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ZoneData {
    /// The machine's folder; `None` if there is none to consider.
    machine: Option<MachineZones>,
}

/// A folder of TZif files.
#[derive(Clone, Debug, PartialEq, Eq)]
struct MachineZones {
    folder: PathBuf,
    /// `None` if no file of the folder tells it.
    release: Option<String>,
}

impl ZoneData {
    /// Compares the machine's data with the compiled-in data.
    pub fn of(disk: &dyn Disk) -> Self {
        let machine = disk.zone_folder().map(|folder| {
            let text = |name: &str| disk.read_bytes(&folder.join(name)).ok();
            let release = text("tzdata.zi")
                .and_then(|text| release_of(text.strip_prefix(b"# version ")?))
                .or_else(|| release_of(&text("+VERSION")?));
            MachineZones { folder, release }
        });
        Self { machine }
    }

    /// The IANA release in use, such as `2026a`.
    pub fn release(&self) -> &str {
        self.in_use().map_or(Zone::compiled_in_release(), |(_, release)| release)
    }

    /// The machine's folder and its release, if they are used.
    fn in_use(&self) -> Option<(&Path, &str)> {
        let MachineZones { folder, release } = self.machine.as_ref()?;
        let release = release.as_deref()?;
        (release > Zone::compiled_in_release()).then_some((folder, release))
    }
}

/// `tzdata 2026a, compiled in (/usr/share/zoneinfo has 2025b)`
impl fmt::Display for ZoneData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let compiled_in = Zone::compiled_in_release();
        if let Some((folder, release)) = self.in_use() {
            let folder = folder.display();
            return write!(f, "tzdata {release} of {folder} (compiled in is {compiled_in})");
        }
        write!(f, "tzdata {compiled_in}, compiled in")?;
        let Some(MachineZones { folder, release }) = &self.machine else { return Ok(()) };
        let folder = folder.display();
        match release {
            Some(release) => write!(f, " ({folder} has {release})"),
            None => write!(f, " (found no release in {folder})"),
        }
    }
}

/// Finds zones by name, each once.
pub(super) struct ZoneFinder<'d> {
    disk: &'d dyn Disk,
    data: ZoneData,
    found: BTreeMap<String, Option<Zone>>,
}

impl<'d> ZoneFinder<'d> {
    pub(super) fn new(disk: &'d dyn Disk) -> Self {
        Self { disk, data: ZoneData::of(disk), found: BTreeMap::new() }
    }

    /// The data that it finds zones in.
    pub(super) fn into_data(self) -> ZoneData {
        self.data
    }

    /// The zone with an IANA name; `None` if there is none. `warn` gets the problem of its file, the first
    /// time.
    pub(super) fn zone(&mut self, name: &str, warn: impl FnOnce(String)) -> Option<Zone> {
        if let Some(found) = self.found.get(name) {
            return found.clone();
        }
        let zone = self.find(name, warn);
        self.found.insert(name.to_owned(), zone.clone());
        zone
    }

    fn find(&self, name: &str, warn: impl FnOnce(String)) -> Option<Zone> {
        let compiled_in = Zone::compiled_in(name);
        let Some((folder, _)) = self.data.in_use() else { return compiled_in };
        if compiled_in.is_none() && !is_area_and_place(name) {
            return None;
        }
        let path = folder.join(name);
        let problem = match self.disk.read_bytes(&path) {
            Ok(bytes) => match Zone::from_tzif(name, &bytes) {
                Ok(zone) => return Some(zone),
                Err(error) => error.to_string(),
            },
            Err(error) => format!("cannot be read: {error}"),
        };
        if compiled_in.is_some() {
            let release = Zone::compiled_in_release();
            warn(format!(
                "({}) {problem}; the compiled-in data ({release}) is used for it: install the machine's time \
                 zone data again",
                path.display()
            ));
        }
        compiled_in
    }
}

/// The release at the beginning of a text, such as `2026a`. What follows a hyphen says how it was packaged.
fn release_of(text: &[u8]) -> Option<String> {
    let line = text.split(|byte| matches!(byte, b'\n' | b'\r' | b'-')).next()?;
    let (year, letters) = line.split_at_checked(4)?;
    let is_release = year.iter().all(u8::is_ascii_digit)
        && (1..=2).contains(&letters.len())
        && letters.iter().all(u8::is_ascii_lowercase);
    is_release.then(|| String::from_utf8_lossy(line).into_owned())
}

/// Whether a name may be that of a zone which is newer than the compiled-in data: `America/Coyhaique`. The
/// names of files without an area are no zones, and files in `posix` and `right` are copies of other zones.
fn is_area_and_place(name: &str) -> bool {
    let is_plain = |part: &str| {
        let is_letter =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+');
        !part.is_empty() && part.bytes().all(is_letter)
    };
    let mut parts = name.split('/');
    let area = parts.next().unwrap_or_default();
    name.contains('/')
        && !matches!(area, "posix" | "right")
        && is_plain(area)
        && parts.all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_read_with_or_without_how_they_were_packaged() {
        for (text, release) in [
            ("2026a\n# This zic input file is in the public domain.\n", Some("2026a")),
            ("2026za", Some("2026za")),
            ("2026b-rearguard\n", Some("2026b")),
            ("2026b\r\n", Some("2026b")),
            ("unknown\n", None),
            ("2026\n", None),
            ("2026A\n", None),
            ("2026abc\n", None),
            ("26a\n", None),
            ("", None),
        ] {
            assert_eq!(release_of(text.as_bytes()).as_deref(), release, "{text:?}");
        }
        assert!("2026z" < "2026za" && "2026za" < "2027a" && "2026a" < "2026b");
    }

    #[test]
    fn names_of_newer_zones_have_an_area_and_stay_in_the_folder() {
        for name in ["America/Coyhaique", "America/North_Dakota/New_Salem", "Etc/GMT-14"] {
            assert!(is_area_and_place(name), "{name}");
        }
        for name in [
            "localtime",
            "tzdata.zi",
            "right/Europe/Helsinki",
            "posix/Europe/Helsinki",
            "/etc/localtime",
            "../localtime",
            "Europe/../UTC",
            "Europe//Helsinki",
            "Europe/",
            "",
        ] {
            assert!(!is_area_and_place(name), "{name}");
        }
    }
}
