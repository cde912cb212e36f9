//! The Alertmanagers that are told of alerts, in the words of Prometheus' `http_config`.

use super::agreement::is_web_address;
use super::fields::{Field, Fields, File};
use super::service::{Alertmanager, Credentials};
use super::yaml::Value;

/// Alertmanagers at most: each has a thread and a connection of its own.
const ALERTMANAGERS_MAX: usize = 16;

pub(super) fn list(fields: &mut Fields<'_>, file: &mut File<'_>) -> Vec<Alertmanager> {
    let Some(field) = fields.take("alertmanagers") else { return Vec::new() };
    let list = field.list(file);
    if list.len() > ALERTMANAGERS_MAX {
        let problem = format!("names {}; at most {ALERTMANAGERS_MAX} are told", list.len());
        file.fault(field.node.at, &field.key, problem);
    }
    list.iter().filter_map(|item| one(item, file)).collect()
}

fn one(item: &Field<'_>, file: &mut File<'_>) -> Option<Alertmanager> {
    let mut fields = item.fields(file)?;
    let url = fields.require("url", file, "write such as `url: http://localhost:9093`");
    let url = url.and_then(|field| {
        // Without the value: it may hold a password.
        if matches!(&field.node.value, Value::Scalar(text) if text.contains('@')) {
            let problem = "holds a user or a password; write them into basic_auth";
            file.fault(field.node.at, &field.key, problem);
            return None;
        }
        let problem = "is not the address of an Alertmanager; write such as http://localhost:9093, with \
                       no link-local host";
        let whole = |text: &str| is_reachable(text).then(|| text.trim_end_matches('/').to_owned());
        field.parse(file, problem, whole)
    });
    let basic = fields.take("basic_auth");
    let token = fields.take("authorization");
    if let (Some(_), Some(token)) = (&basic, &token) {
        file.fault(token.node.at, &token.key, "stands beside `basic_auth`; keep one of them");
    }
    let credentials = match (basic, token) {
        (Some(group), _) => basic_auth(&group, file),
        (None, Some(group)) => authorization(&group, file),
        (None, None) => None,
    };
    let mut read =
        Alertmanager { url: url?, credentials, ca_file: None, insecure_skip_verify: false };
    if let Some(group) = fields.take("tls_config") {
        tls(&group, &mut read, file);
    }
    fields.finish(file);
    Some(read)
}

fn basic_auth(group: &Field<'_>, file: &mut File<'_>) -> Option<Credentials> {
    let mut fields = group.fields(file)?;
    let username = fields
        .require("username", file, "write who Vaste is there")
        .and_then(|field| text(&field, file));
    let password_file = fields
        .require("password_file", file, "write the file that the password stands in")
        .and_then(|field| text(&field, file));
    fields.finish(file);
    Some(Credentials::Basic { username: username?, password_file: password_file?.into() })
}

fn authorization(group: &Field<'_>, file: &mut File<'_>) -> Option<Credentials> {
    let mut fields = group.fields(file)?;
    let scheme = fields.take("type").map_or(Some("Bearer".to_owned()), |field| text(&field, file));
    let credentials_file = fields
        .require("credentials_file", file, "write the file that the token stands in")
        .and_then(|field| text(&field, file));
    fields.finish(file);
    Some(Credentials::Token { scheme: scheme?, credentials_file: credentials_file?.into() })
}

fn tls(group: &Field<'_>, alertmanager: &mut Alertmanager, file: &mut File<'_>) {
    let Some(mut fields) = group.fields(file) else { return };
    if let Some(field) = fields.take("ca_file") {
        alertmanager.ca_file = text(&field, file).map(Into::into);
    }
    if let Some(field) = fields.take("insecure_skip_verify") {
        let problem = "is neither true nor false";
        alertmanager.insecure_skip_verify =
            field.parse(file, problem, |text| text.parse().ok()).unwrap_or_default();
    }
    fields.finish(file);
}

fn text(field: &Field<'_>, file: &mut File<'_>) -> Option<String> {
    let problem = "is not a text of one line";
    let one_line = |text: &str| !text.is_empty() && !text.contains(char::is_control);
    field.parse(file, problem, |text| one_line(text).then(|| text.to_owned()))
}

/// Whether alerts may be sent there: to no link-local host, behind which clouds keep secrets.
fn is_reachable(text: &str) -> bool {
    let host = text.split("//").nth(1).and_then(|rest| rest.split(['/', '?', '#']).next());
    let link_local = |host: &str| {
        host.starts_with("169.254.") || host.starts_with("[fe80:") || host.starts_with("[fd00:ec2:")
    };
    is_web_address(text) && !text.contains(['?', '#']) && host.is_some_and(|host| !link_local(host))
}
