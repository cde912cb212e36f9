//! The configuration of the demo, and the agreement files of its teams: in memory, or in a folder in which
//! people change them.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::organisation::TOPIC;
use super::{BACKLOG, PLAY};
use crate::config::{Config, Disk, PatternError};
use crate::time::{DAY_MS, Elapsed, Timestamp};

/// The name of the configuration, which is always in memory. No agreement file has it.
const CONFIGURATION: &str = "demo";

/// The folder of the agreements in memory.
const FOLDER: &str = "agreements";

/// Interval at which the agreements in a folder are read again.
pub const RELOAD_SECONDS: u64 = 2;

/// The agreement files of the teams, by name.
const FILES: [(&str, &str); 8] = [
    ("billing.yaml", include_str!("agreements/billing.yaml")),
    ("calendars.yaml", include_str!("agreements/calendars.yaml")),
    ("deliveries.yaml", include_str!("agreements/deliveries.yaml")),
    ("esimerkki.yaml", include_str!("agreements/esimerkki.yaml")),
    ("orders.yaml", include_str!("agreements/orders.yaml")),
    ("returns.yaml", include_str!("agreements/returns.yaml")),
    ("shop.yaml", include_str!("agreements/shop.yaml")),
    ("technical.yaml", include_str!("agreements/technical.yaml")),
];

/// The agreements that the teams made before the scenario begins: the text of each file, by name.
pub fn agreement_files(begin: Timestamp) -> BTreeMap<&'static str, String> {
    let days = |days| Elapsed::from_ms(days * DAY_MS);
    let agreed = date(begin.minus(days(60)));
    let changed = date(begin.plus(BACKLOG).minus(days(14)));
    let look_again = date(begin.plus(BACKLOG).plus(PLAY).plus(days(90)));
    let dated = |text: &str| {
        let text = text.replace("$AGREED_ON", &agreed).replace("$CHANGED_ON", &changed);
        text.replace("$LOOK_AGAIN", &look_again)
    };
    FILES.map(|(name, text)| (name, dated(text))).into()
}

/// A folder with agreement files.
#[derive(Clone, Debug)]
pub struct AgreementFolder {
    /// The pattern of its files.
    pub pattern: String,
    /// Reads them.
    pub disk: Arc<dyn Disk + Send + Sync>,
}

/// All files of the demo.
#[derive(Debug)]
pub struct DemoFiles {
    configuration: String,
    agreements: AgreementFolder,
}

impl DemoFiles {
    /// The configuration has the address to listen on and the brokers. The agreements are those that the
    /// teams made before the scenario begins.
    pub fn new(begin: Timestamp, listen: SocketAddr, brokers: &str) -> Self {
        let files = agreement_files(begin).into_iter();
        let files = files.map(|(name, text)| (Path::new(FOLDER).join(name), text)).collect();
        let pattern = format!("{FOLDER}/*.yaml");
        let agreements = AgreementFolder { pattern, disk: Arc::new(MemoryFiles(files)) };
        Self { configuration: configuration(listen, brokers, &agreements.pattern, ""), agreements }
    }

    /// The same with the agreements of a folder. They are read again at an interval.
    pub fn in_folder(agreements: AgreementFolder, listen: SocketAddr, brokers: &str) -> Self {
        let reload = format!("reload: {{ every: {RELOAD_SECONDS}s }}\n");
        Self {
            configuration: configuration(listen, brokers, &agreements.pattern, &reload),
            agreements,
        }
    }

    /// Reads all files; `now` is the time of the demo.
    pub fn read_config(&self, now: Timestamp) -> Config {
        Config::read(&[PathBuf::from(CONFIGURATION)], self, &date(now))
    }
}

impl Disk for DemoFiles {
    fn read(&self, path: &Path) -> io::Result<String> {
        if path == Path::new(CONFIGURATION) {
            Ok(self.configuration.clone())
        } else {
            self.agreements.disk.read(path)
        }
    }

    fn read_bytes(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.agreements.disk.read_bytes(path)
    }

    fn zone_folder(&self) -> Option<PathBuf> {
        self.agreements.disk.zone_folder()
    }

    fn list(&self, pattern: &str) -> Result<Vec<PathBuf>, PatternError> {
        self.agreements.disk.list(pattern)
    }
}

/// The configuration of the service.
fn configuration(listen: SocketAddr, brokers: &str, pattern: &str, reload: &str) -> String {
    // A JSON string is a YAML string.
    let pattern = serde_json::Value::from(pattern);
    format!(
        "kafka: {{ brokers: [\"{brokers}\"], topic: {TOPIC}, group: vaste-demo, \
         properties: {{ group.instance.id: demo }} }}\n\
         agreements: [{pattern}]\n\
         http: {{ listen: \"{listen}\" }}\n\
         {reload}"
    )
}

/// The configuration of the demo with the agreements in memory.
pub fn config(begin: Timestamp, listen: SocketAddr, brokers: &str) -> Config {
    DemoFiles::new(begin, listen, brokers).read_config(begin.plus(BACKLOG))
}

/// The day of an instant, `YYYY-MM-DD`.
fn date(at: Timestamp) -> String {
    at.to_string().split('T').next().unwrap_or_default().to_owned()
}

/// Files in memory.
#[derive(Debug)]
struct MemoryFiles(BTreeMap<PathBuf, String>);

impl Disk for MemoryFiles {
    fn read(&self, path: &Path) -> io::Result<String> {
        let text = self.0.get(path).cloned();
        text.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    fn list(&self, _pattern: &str) -> Result<Vec<PathBuf>, PatternError> {
        Ok(self.0.keys().cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_have_no_faults_and_no_warnings() {
        let begin = Timestamp::parse("2026-10-20T09:30:00Z").unwrap();
        let config = config(begin, SocketAddr::from(([127, 0, 0, 1], 9464)), "127.0.0.1:9092");
        let warnings = config.diagnostics.warnings.iter();
        let warnings: Vec<String> =
            warnings.chain(&config.diagnostics.service_warnings).map(ToString::to_string).collect();
        assert!(!config.diagnostics.has_errors(), "{:?}", config.diagnostics.errors);
        assert!(warnings.is_empty(), "{warnings:?}");
        assert_eq!(config.agreements.len(), FILES.len() - 1, "one file has calendars");
        assert_eq!(config.service.unwrap().kafka.topic, TOPIC);
    }
}
