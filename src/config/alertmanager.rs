//! The list `alertmanagers` of the service's file.

use url::{Host, Url};

use super::diagnostic::Diagnostic;
use super::fields::{Field, Fields, File, boolean, is_web_address};
use super::http_client::{self, HttpClient};
use super::yaml::YamlValue;

/// One Alertmanager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alertmanager {
    /// Its URL, without a slash at the end.
    pub url: String,
    /// How requests are sent.
    pub http: HttpClient,
    /// Where it is written, for what is found when its files are read; without text.
    pub place: Diagnostic,
}

/// Maximum Alertmanagers. Each has its own thread and connection.
const ALERTMANAGERS_MAX: usize = 16;

/// Reads the list.
pub(super) fn read(fields: &mut Fields<'_>, file: &mut File<'_>) -> Vec<Alertmanager> {
    let Some(field) = fields.take("alertmanagers") else { return Vec::new() };
    let list = field.list(file);
    if list.len() > ALERTMANAGERS_MAX {
        let problem =
            format!("lists {} Alertmanagers; at most {ALERTMANAGERS_MAX} are allowed", list.len());
        file.error(field.node.at, &field.key, problem);
    }
    let mut found: Vec<Alertmanager> = Vec::new();
    for item in &list {
        let Some(alertmanager) = one(item, file) else { continue };
        if found.iter().any(|other| other.url == alertmanager.url) {
            let problem = format!("{} is listed twice; keep one", alertmanager.url);
            file.error(item.node.at, &item.key, problem);
        }
        found.push(alertmanager);
    }
    found
}

fn one(item: &Field<'_>, file: &mut File<'_>) -> Option<Alertmanager> {
    let mut fields = item.fields(file)?;
    let url = fields.require("url", file, "write, for example, `url: http://localhost:9093`");
    let allow_link_local = fields
        .take("allow_link_local")
        .and_then(|field| field.parse(file, "must be true or false", boolean));
    let allow_link_local = allow_link_local.unwrap_or(false);
    let url = url.and_then(|field| {
        // The message leaves out the value: it may hold a password.
        if matches!(&field.node.value, YamlValue::Scalar(text) if text.contains('@')) {
            let problem = "contains a user or a password; move them to basic_auth";
            file.error(field.node.at, &field.key, problem);
            return None;
        }
        let problem = "is not the address of an Alertmanager; write, for example, http://localhost:9093";
        let whole = |text: &str| is_whole(text).then(|| text.trim_end_matches('/').to_owned());
        let url = field.parse(file, problem, whole)?;
        if let Some((base, _)) = url.split_once("/api/v") {
            let problem = format!("has the path of an interface, which Vaste adds itself; write {base}");
            field.error(file, &problem);
            return None;
        }
        if is_link_local(&url) && !allow_link_local {
            let problem = "is a link-local address, where clouds serve secrets; use another host, or add \
                           `allow_link_local: true`";
            field.error(file, problem);
            return None;
        }
        Some(url)
    });
    let http = http_client::read(&mut fields, file);
    fields.finish(file);
    let place = Diagnostic::new(file.path, item.node.at, item.key.clone(), String::new());
    Some(Alertmanager { url: url?, http, place })
}

/// Whether the address is complete and has neither query nor fragment.
fn is_whole(text: &str) -> bool {
    is_web_address(text)
        && !text.contains(['?', '#'])
        && Url::parse(text).is_ok_and(|url| url.has_host())
}

/// Host names of the metadata services of clouds, which hand out secrets.
const METADATA_NAMES: [&str; 3] = ["metadata", "metadata.google.internal", "instance-data"];

/// Whether the host is link-local or a metadata service, in any notation.
fn is_link_local(text: &str) -> bool {
    match Url::parse(text).ok().as_ref().and_then(Url::host) {
        // The parser reads numbers as browsers do: 0xa9fea9fe, 2852039166, 0251.0376.1.1.
        Some(Host::Ipv4(host)) => is_link_local_v4(host.octets()),
        Some(Host::Ipv6(host)) => match host.segments() {
            // An IPv4 address inside: mapped, compatible, or translated.
            [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
                let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
                is_link_local_v4([a, b, c, d])
            }
            [0xfe80..=0xfebf, ..] | [0xfd00, 0xec2, ..] => true,
            _ => false,
        },
        Some(Host::Domain(name)) => METADATA_NAMES.contains(&name.trim_end_matches('.')),
        None => false,
    }
}

/// 169.254.0.0/16, and the metadata service of Alibaba Cloud.
fn is_link_local_v4(octets: [u8; 4]) -> bool {
    matches!(octets, [169, 254, ..] | [100, 100, 100, 200])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_local_host_is_seen_however_it_is_written() {
        for host in [
            "169.254.169.254",
            "169.254.0.1:9093",
            "2852039166",
            "0xa9fea9fe",
            "0xA9.0xFE.0xA9.0xFE",
            "0251.0376.0251.0376",
            "0251.254.0xa9fe",
            "169.16689662",
            "[::ffff:169.254.169.254]",
            "[::ffff:a9fe:a9fe]:80",
            "[::a9fe:a9fe]",
            "[64:ff9b::169.254.169.254]",
            "[fe80::1]",
            "[FEBF::1]",
            "[fd00:ec2::254]",
            "100.100.100.200",
            "metadata.google.internal",
            "METADATA.google.internal.",
        ] {
            assert!(is_link_local(&format!("http://{host}/x")), "{host}");
            assert!(is_link_local(&format!("https://{host}")), "{host}");
        }
        for host in [
            "localhost:9093",
            "127.0.0.1",
            "10.0.0.1",
            "[::1]",
            "[fd00::1]",
            "169.253.1.1",
            "alertmanager.example",
            "169.254.example",
            "169-254-169-254.example",
        ] {
            let url = format!("http://{host}/x");
            assert!(is_whole(&url) && !is_link_local(&url), "{host}");
        }
    }
}
