//! A folder with the files that a container has, and Vaste in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::files::{file_name, files, root};

/// Where the image starts Vaste.
const HOME: &str = "/etc/vaste";

/// The root of a container's files.
pub(crate) struct Container(tempfile::TempDir);

impl Container {
    pub(crate) fn new() -> Self {
        let container = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(container.at(HOME)).unwrap();
        container
    }

    /// Where a path of the container is on this machine.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path.trim_start_matches('/'))
    }

    /// Puts a file or a folder of the project there. A store is moved into the container.
    pub(crate) fn mount(&self, source: &Path, path: &str) {
        let source = root().join(source);
        let target = self.at(path);
        if source.is_dir() {
            for file in files(&source) {
                self.mount(&file, &format!("{path}/{}", file_name(&file)));
            }
            return;
        }
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        let text = fs::read_to_string(&source).unwrap();
        let store = format!("file://{}/", self.at("/var/lib/vaste").display());
        fs::write(target, text.replace("file:///var/lib/vaste/", &store)).unwrap();
    }

    /// Vaste, started where the image starts it.
    pub(crate) fn vaste(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vaste"));
        command.args(arguments).current_dir(self.at(HOME));
        command
    }

    /// Checks that Vaste accepts a configuration and does not warn of it. It may warn of agreements: they are
    /// examples, and their dates pass.
    pub(crate) fn assert_accepts(&self, config: &str, agreements: usize) {
        let config = self.at(config);
        let output = self.vaste(&["check", config.to_str().unwrap()]).output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(0), "{}: {said}", config.display());
        assert!(said.contains(&format!("{agreements} agreement")), "{}: {said}", config.display());
        let about = |line: &&str| line.starts_with("warning:") && line.contains(file_name(&config));
        let warnings: Vec<&str> = said.lines().filter(about).collect();
        assert!(warnings.is_empty(), "{warnings:#?}");
    }
}
