//! The files that Alertmanagers need, as `check` and `run` see them.

use std::fmt::Write as _;
use std::process::Output;

/// Entries whose files cannot be used, and one whose password may come later.
const ENTRIES: [&str; 5] = [
    "tls_config: { ca_file: gone.pem }",
    "tls_config: { ca_file: text }",
    "tls_config: { cert_file: own.pem, key_file: text }",
    "oauth2: { client_id: v, client_secret_file: text, token_url: https://login.example, \
     tls_config: { ca_file: text } }",
    "basic_auth: { username: v, password_file: gone }",
];

#[test]
fn check_and_run_name_the_files_of_alertmanagers_that_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let vaste = |arguments: &[&str]| -> Output {
        std::process::Command::new(env!("CARGO_BIN_EXE_vaste"))
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .unwrap()
    };
    let issued = rcgen::generate_simple_self_signed(["vaste".to_owned()]).unwrap();
    std::fs::write(folder.path().join("own.pem"), issued.cert.pem()).unwrap();
    std::fs::write(folder.path().join("text"), "no certificate\n").unwrap();
    let mut page = String::new();
    for entry in ENTRIES {
        let config = format!(
            "kafka: {{ brokers: [\"127.0.0.1:1\"], topic: t, properties: {{ group.instance.id: one }} }}\n\
             alertmanagers:\n  - url: https://am.example\n    {entry}\n"
        );
        std::fs::write(folder.path().join("vaste.yaml"), config).unwrap();
        let checked = vaste(&["check", "vaste.yaml"]);
        let printed = String::from_utf8(checked.stderr).unwrap();
        writeln!(page, "{entry}\nexit {:?}\n{printed}", checked.status.code()).unwrap();
        if checked.status.success() {
            continue;
        }
        // The service ends with the same words.
        let run = vaste(&["run", "--config", "vaste.yaml"]);
        assert_eq!(run.status.code(), Some(78));
        let (first, _) = printed.split_once('\n').unwrap();
        assert!(String::from_utf8(run.stderr).unwrap().contains(first), "{first}");
    }
    insta::assert_snapshot!(page);
}
